import type { Page, PageRequest } from "@fleet/registry";

import { type JsonInput, jsonText } from "../json.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import { attempt } from "./errors.ts";
import { gatherPage } from "./gather-page.ts";
import { nextPageToken, readPageToken } from "./page-token.ts";

/** A collection that is shown in pages. */
export interface Collection<Item> {
  /** What its entries stand under. */
  readonly key: "machines" | "states" | "units";
  /** What the log calls them. */
  readonly entities: string;
  readonly read: (page: PageRequest) => Promise<Page<Item>>;
  readonly toWire: (item: Item) => JsonInput;
}

/** The page that `query` asks for, of at most `limit` entries. @throws {RequestError} for a bad token. */
export async function answerPage<Item>(
  query: string,
  limit: number,
  { key, entities, read, toWire }: Collection<Item>,
): Promise<Answer> {
  const asked = readPageToken(query, limit);
  const page = await attempt(`Failed fetching page of ${entities}`, () =>
    gatherPage(asked, asked.limit, read),
  );
  const token = { nextPageToken: nextPageToken(asked, page) };
  const items = { [key]: page.items.length === 0 ? undefined : page.items.map(toWire) };
  // fleet's keys stand in the order of the alphabet.
  const ordered = key < "nextPageToken" ? { ...items, ...token } : { ...token, ...items };
  return jsonAnswer(200, jsonText(ordered));
}
