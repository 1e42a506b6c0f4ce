import {
  type BadRequest,
  closing,
  NOT_HTTP,
  answered,
  refused,
  request,
  rows,
} from "./bad-request.ts";

const TEN_MB = " ".repeat(10_000_000);
const TOO_LARGE = refused(413, "request body larger than 1048576 bytes");
const UNITS = refused(405, "only GET supported against this resource");
const JSON_TYPE = "Content-Type: application/json";
const LINE = "PUT /fleet/v1/units/new.service";
const PUT = `${LINE} HTTP/1.1\r\n${JSON_TYPE}\r\n`;
const CHUNKED = [JSON_TYPE, "Transfer-Encoding: chunked"];
const inChunks = (body: string): string => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
const halfClosed = (table: readonly BadRequest[]): readonly BadRequest[] =>
  table.map((row) => ({ ...row, thenCloses: true }));

/** Bodies that are too large, shorter than they say, or followed by the end of the connection. */
export const SIZES: readonly BadRequest[] = [
  ...rows(
    ["a unit of 10 MB", request(LINE, [JSON_TYPE], TEN_MB), TOO_LARGE],
    ["a unit of 10 MB in chunks", request(LINE, CHUNKED, inChunks(TEN_MB)), TOO_LARGE],
    ["a unit of one byte too many", request(LINE, [JSON_TYPE], " ".repeat(1_048_577)), TOO_LARGE],
    [
      "a unit of the largest size",
      request(LINE, [JSON_TYPE], " ".repeat(1_048_576)),
      refused(400, "unable to decode body: EOF"),
    ],
    [
      "10 MB on a connection that ends",
      request(LINE, [JSON_TYPE, "Connection: close"], TEN_MB),
      closing(TOO_LARGE),
    ],
    [
      "10 MB over HTTP/1.0",
      `${LINE} HTTP/1.0\r\n${JSON_TYPE}\r\nContent-Length: 10000000\r\n\r\n${TEN_MB}`,
      closing(TOO_LARGE),
    ],
    ["metadata of 10 MB", request("PATCH /fleet/v1/machines", [], TEN_MB), TOO_LARGE],
    [
      "metadata of 10 MB in chunks",
      request("PATCH /fleet/v1/machines", CHUNKED, inChunks(TEN_MB)),
      TOO_LARGE,
    ],
    ["10 MB of no type", request(LINE, [], TEN_MB), refused(415, "expected 1 Content-Type, got 0")],
    ["10 MB for a method that is not there", request("POST /fleet/v1/units", [], TEN_MB), UNITS],
    ["10 MB for nobody", request("PUT /nowhere", [], TEN_MB), refused(404)],
    ["10 MB with a GET", request("GET /fleet/v1/machines", [], TEN_MB), answered(200, "{}")],
    [
      "10 MB with a DELETE, which is over at once",
      request("DELETE /fleet/v1/units/new.service", ["Connection: close"], TEN_MB),
      closing(refused(404, "unit does not exist")),
    ],
    [
      "100000 operations",
      request("PATCH /fleet/v1/machines", [], `[${"{},".repeat(99_999)}{}]`),
      refused(400, "invalid op: expect add, remove, or replace"),
    ],
  ),
  ...halfClosed(
    rows(
      ["half a request line", "GET /fleet/v1/un", NOT_HTTP],
      ["half the headers", "GET /fleet/v1/units HTTP/1.1\r\nHost: x\r\n", NOT_HTTP],
      ["half a body", `${PUT}Content-Length: 10\r\n\r\n{}`, NOT_HTTP],
      ["no body", `${PUT}Content-Length: 10\r\n\r\n`, NOT_HTTP],
      ["half a chunk", `${PUT}Transfer-Encoding: chunked\r\n\r\na\r\n{}`, NOT_HTTP],
      ["chunks without an end", `${PUT}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`, NOT_HTTP],
      ["half of 10 MB", `${PUT}Content-Length: 20000000\r\n\r\n${TEN_MB}`, TOO_LARGE],
    ),
  ),
];
