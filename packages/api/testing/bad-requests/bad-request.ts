import { jsonText } from "../../src/json.ts";

/** Bytes that are no good request, and exactly what they get. */
export interface BadRequest {
  readonly what: string;
  readonly send: Buffer;
  readonly gets: Expected;
  /** Our side of the connection is closed behind the bytes. */
  readonly thenCloses?: true;
}

/** An answer with all of its headers but `Date`, and what becomes of the connection. */
export interface Expected {
  /** Absent: the connection is closed without an answer. */
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** A connection that is kept serves the next request. */
  readonly fate: "kept" | "closed";
}

const KEPT = { Connection: "keep-alive", "Keep-Alive": "timeout=120" } as const;
const JSON_TYPE = { "Content-Type": "application/json" } as const;

/** fleet's error entity; the connection is kept. */
export function refused(status: number, message = ""): Expected {
  return answered(status, jsonText({ error: { code: status, message } }));
}

/** A JSON body as it stands; the connection is kept. */
export function answered(status: number, body: string): Expected {
  return { status, headers: { ...JSON_TYPE, ...lengthOf(body), ...KEPT }, body, fate: "kept" };
}

/** No body and no type. */
export function empty(status: number): Expected {
  const length = status === 204 ? {} : lengthOf("");
  return { status, headers: { ...length, ...KEPT }, body: "", fate: "kept" };
}

/** The same answer, but the connection is closed behind it. */
export function closing({ status = 0, headers, body }: Expected): Expected {
  const { "Keep-Alive": _, ...rest } = headers;
  return { status, headers: { ...rest, Connection: "close" }, body, fate: "closed" };
}

/** Plain text: what came could not be taken for a request of anybody's. */
export function unreadable(text: string): Expected {
  const type = { "Content-Type": "text/plain; charset=utf-8", Connection: "close" };
  const headers = { ...type, ...lengthOf(text) };
  return { status: Number(text.slice(0, 3)), headers, body: text, fate: "closed" };
}

export const NOT_HTTP = unreadable("400 Bad Request");
export const NO_ANSWER: Expected = { headers: {}, body: "", fate: "closed" };

/** On the way to the clean path. */
export function moved(location: string): Expected {
  const body = `<a href="${location.replaceAll("&", "&amp;")}">Moved Permanently</a>.\n\n`;
  const type = { "Content-Type": "text/html; charset=utf-8", Location: location };
  return { status: 301, headers: { ...type, ...lengthOf(body), ...KEPT }, body, fate: "kept" };
}

/** A request as it should be, but for what the caller gets wrong in it. */
export function request(line: string, headers: readonly string[] = [], body: Bytes = ""): Buffer {
  const content = Buffer.from(body);
  const isSized = headers.some((header) => /^(?:content-length|transfer-encoding):/i.test(header));
  const length = content.length === 0 || isSized ? [] : [`Content-Length: ${content.length}`];
  const head = [`${line} HTTP/1.1`, "Host: test", ...headers, ...length];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), content]);
}

export type Bytes = string | Buffer;

const PUT_TYPE = ["Content-Type: application/json"];

/** A PUT of a unit with the one Content-Type that is accepted. */
export function put(name: string, body: Bytes): Buffer {
  return request(`PUT /fleet/v1/units/${name}`, PUT_TYPE, body);
}

/** Rows of `[what, send, gets]`. */
export function rows(...table: readonly (readonly [string, Bytes, Expected])[]): BadRequest[] {
  return table.map(([what, send, gets]) => ({ what, send: Buffer.from(send), gets }));
}

function lengthOf(body: string): { readonly "Content-Length": string } {
  return { "Content-Length": String(Buffer.byteLength(body)) };
}
