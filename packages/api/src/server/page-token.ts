import { decodeUtf8 } from "@fleet/core";
import type { Page, PageRequest, PageStart } from "@fleet/registry";

import { decodeBase64, encodeBase64 } from "./base64.ts";
import { RequestError } from "./errors.ts";
import { queryValues } from "./percent.ts";

/** A page that a client asked for. */
export interface AskedPage extends PageRequest {
  /** 1 for the first; only for the next token's second number. */
  readonly number: number;
}

const HEAD_BYTES = 4;
const NUMBER_MAX = 0xffff;
/** Opens our continuation; fleet 1.0.0 ignores whatever follows the first four bytes, and so do we. */
const MARK = ">";

/**
 * Reads `nextPageToken`: fleet's four bytes (limit and page, little endian), then, in a token of ours,
 * the key that the last page ended with. With it a page costs the same however far back it lies, and
 * pages beyond 65535 work; a bare token is served by counting entries.
 * @throws {RequestError} with fleet's text.
 */
export function readPageToken(query: string, limit: number): AskedPage {
  const [token, ...more] = queryValues(query, "nextPageToken");
  if (token === undefined) return { start: { kind: "first" }, limit, number: 1 };
  if (more.length > 0) throw new RequestError(400, "too many values for page token");
  const bytes = decodeBase64(token);
  if (bytes.length === 0) throw new RequestError(400, "EOF");
  if (bytes.length < HEAD_BYTES) throw new RequestError(400, "unexpected EOF");
  if (bytes.readUInt16LE(0) !== limit) {
    throw new RequestError(400, `token limit must be ${limit}`);
  }
  const number = bytes.readUInt16LE(2);
  if (number === 0) throw new RequestError(400, "token page must be greater than zero");
  return { start: startOf(bytes, limit, number), limit, number };
}

/** The token of the page that follows; undefined when there is none. */
export function nextPageToken(asked: AskedPage, page: Page<unknown>): string | undefined {
  if (page.nextAfter === undefined) return undefined;
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt16LE(asked.limit, 0);
  head.writeUInt16LE(Math.min(asked.number + 1, NUMBER_MAX), 2);
  return encodeBase64(Buffer.concat([head, Buffer.from(MARK + page.nextAfter)]));
}

function startOf(bytes: Buffer, limit: number, number: number): PageStart {
  const rest = decodeUtf8(bytes.subarray(HEAD_BYTES));
  if (rest.startsWith(MARK)) return { kind: "after", key: rest.slice(MARK.length) };
  return number === 1 ? { kind: "first" } : { kind: "skip", count: (number - 1) * limit };
}
