import { toMachineWire } from "../convert.ts";
import { jsonText } from "../json.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import { attempt, messageOf, RequestError, RequestFailedError } from "./errors.ts";
import { gatherPage } from "./gather-page.ts";
import { BodyError } from "./json-reader.ts";
import { decodeMetadataOperations } from "./metadata-operations.ts";
import { nextPageToken, readPageToken } from "./page-token.ts";
import { readBody } from "./request-body.ts";
import type { Call, RouteOptions, Serves } from "./routes.ts";

/** `/machines`. There is no `/machines/{id}`. */
export function machineRoutes(options: RouteOptions): Serves<"listMachines" | "patchMachines"> {
  return {
    listMachines: (call) => listMachines(options, call),
    patchMachines: (call) => patchMetadata(options, call),
  };
}

async function listMachines(options: RouteOptions, { query, signal }: Call): Promise<Answer> {
  const asked = readPageToken(query, options.tokenLimit());
  const page = await attempt("Failed fetching page of Machines", () =>
    gatherPage(asked, asked.limit, (part) => options.registry.machinePage(part, signal)),
  );
  const machines = page.items.length === 0 ? undefined : page.items.map(toMachineWire);
  return jsonAnswer(200, jsonText({ machines, nextPageToken: nextPageToken(asked, page) }));
}

/** Operations are carried out in order; those before a failure stay, and its reason is told. */
async function patchMetadata({ registry }: RouteOptions, call: Call): Promise<Answer> {
  const changes = decode(await readBody(call.request.raw, call.signal));
  try {
    for (const change of changes) await registry.setMetadata(change, call.signal);
  } catch (error) {
    const reason = messageOf(error);
    const options = { cause: error, told: reason };
    throw new RequestFailedError(`Failed setting metadata of a Machine: ${reason}`, options);
  }
  return jsonAnswer(204, "");
}

function decode(text: string): ReturnType<typeof decodeMetadataOperations> {
  try {
    return decodeMetadataOperations(text);
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    throw new RequestError(400, error.message);
  }
}
