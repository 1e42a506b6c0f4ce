import { toDropFileWire } from "../convert.ts";
import { jsonText } from "../json.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import { attempt } from "./errors.ts";
import { gatherPage } from "./gather-page.ts";
import { nextPageToken, readPageToken } from "./page-token.ts";
import type { Call, RouteOptions, Serves } from "./routes.ts";

/** `/drop-files`, which fleet 1.0.0 does not have. */
export function dropFileRoutes(options: RouteOptions): Serves<"listDropFiles"> {
  return { listDropFiles: (call) => listDropFiles(options, call) };
}

async function listDropFiles(options: RouteOptions, { query, signal }: Call): Promise<Answer> {
  const asked = readPageToken(query, options.tokenLimit());
  const page = await attempt("Failed fetching page of dropped files", () =>
    gatherPage(asked, asked.limit, (part) => options.registry.dropPage(part, signal)),
  );
  const dropFiles = page.items.length === 0 ? undefined : page.items.map(toDropFileWire);
  return jsonAnswer(200, jsonText({ dropFiles, nextPageToken: nextPageToken(asked, page) }));
}
