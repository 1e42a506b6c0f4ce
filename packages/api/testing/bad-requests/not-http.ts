import {
  type BadRequest,
  closing,
  NOT_HTTP,
  answered,
  refused,
  request,
  rows,
  unreadable,
} from "./bad-request.ts";

const EMPTY = answered(200, "{}");
const WITHOUT_TYPE = "PUT /fleet/v1/units/a.service HTTP/1.1\r\n";
const PUT = `${WITHOUT_TYPE}Content-Type: application/json\r\n`;
const NO_OPTIONS = refused(409, "must provide DesiredState to update existing unit");
const TOO_LONG = unreadable("431 Request Header Fields Too Large");
const get = (...headers: string[]): Buffer => request("GET /fleet/v1/machines", headers);

/** Request lines, framing and bytes that HTTP does not have. */
export const NOT_HTTP_AT_ALL: readonly BadRequest[] = [
  ...rows(
    ["a TLS greeting", Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]), NOT_HTTP],
    ["a greeting of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", NOT_HTTP],
    ["words", "hello\r\n\r\n", NOT_HTTP],
    ["zeros", Buffer.alloc(64), NOT_HTTP],
    ["a method that HTTP does not know", "FOO /fleet/v1/units HTTP/1.1\r\n\r\n", NOT_HTTP],
    ["a method in small letters", "get /fleet/v1/units HTTP/1.1\r\n\r\n", NOT_HTTP],
    ["a version to come", "GET /fleet/v1/units HTTP/3.0\r\n\r\n", NOT_HTTP],
    ["a version that never was", "GET /fleet/v1/units HTTP/1.2\r\n\r\n", NOT_HTTP],
    ["a protocol that looks alike", "GET /fleet/v1/machines RTSP/1.0\r\n\r\n", closing(EMPTY)],
    ["no version, as in 1991", "GET /fleet/v1/machines\r\n\r\n", closing(EMPTY)],
    ["HTTP/1.0", "GET /fleet/v1/machines HTTP/1.0\r\n\r\n", closing(EMPTY)],
    ["no target", "GET  HTTP/1.1\r\n\r\n", NOT_HTTP],
    ["a target with a blank", "GET /fleet/v1/units/a b.service HTTP/1.1\r\n\r\n", NOT_HTTP],
    ["a target without a slash", "GET fleet/v1/units HTTP/1.1\r\n\r\n", NOT_HTTP],
    ["a target with a NUL", "GET /fleet/v1/units/\0 HTTP/1.1\r\n\r\n", NOT_HTTP],
    ["a target with a control character", "GET /fleet/v1/units/\u0001 HTTP/1.1\r\n\r\n", NOT_HTTP],
    ["a target with a tab", "GET /fleet/v1/units/\t HTTP/1.1\r\n\r\n", NOT_HTTP],
    ["a target with DEL", "GET /fleet/v1/units/\u007f HTTP/1.1\r\n\r\n", NOT_HTTP],
    ["a target in UTF-8", "GET /fleet/v1/units/é.service HTTP/1.1\r\n\r\n", NOT_HTTP],
    ["a target in Latin-1", Buffer.from("GET /\xe9 HTTP/1.1\r\n\r\n", "latin1"), NOT_HTTP],
    ["a target that is too long", `GET /${"x".repeat(20_000)} HTTP/1.1\r\n\r\n`, TOO_LONG],
    ["bare line feeds", "GET /fleet/v1/units HTTP/1.1\nHost: x\n\n", NOT_HTTP],
    ["empty lines before the request", "\r\n\r\nGET /fleet/v1/machines HTTP/1.1\r\n\r\n", EMPTY],
    ["a header with a NUL", get("X: a\0b"), NOT_HTTP],
    ["a header with a control character", get("X: a\u0002b"), NOT_HTTP],
    ["a header in Latin-1", get("X: \xe9"), EMPTY],
    ["a header's name with a blank", get("X Y: a"), NOT_HTTP],
    ["a blank before a header's colon", get("X : a"), NOT_HTTP],
    ["a header without a colon", get("X"), NOT_HTTP],
    ["a header without a name", get(": a"), NOT_HTTP],
    ["a folded header", get("X: a\r\n b"), NOT_HTTP],
    ["a long header", get(`X: ${"x".repeat(20_000)}`), TOO_LONG],
    [
      "many long headers",
      get(...Array.from({ length: 100 }, () => `X: ${"x".repeat(200)}`)),
      TOO_LONG,
    ],
    ["three thousand short headers", get(...Array.from({ length: 3_000 }, () => "X:y")), EMPTY],
  ),
  ...rows(
    ["a length below zero", `${PUT}Content-Length: -2\r\n\r\n{}`, NOT_HTTP],
    ["a length with a sign", `${PUT}Content-Length: +2\r\n\r\n{}`, NOT_HTTP],
    ["a length in words", `${PUT}Content-Length: two\r\n\r\n{}`, NOT_HTTP],
    ["a length in hexadecimal", `${PUT}Content-Length: 0x2\r\n\r\n{}`, NOT_HTTP],
    ["an empty length", `${PUT}Content-Length:\r\n\r\n{}`, NOT_HTTP],
    ["a length beyond all numbers", `${PUT}Content-Length: ${"9".repeat(20)}\r\n\r\n{}`, NOT_HTTP],
    ["two lengths", `${PUT}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, NOT_HTTP],
    ["the same length twice", `${PUT}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`, NOT_HTTP],
    ["a list of lengths", `${PUT}Content-Length: 2, 2\r\n\r\n{}`, NOT_HTTP],
    [
      "a length and chunks",
      `${PUT}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      NOT_HTTP,
    ],
    ["a coding that is none", `${PUT}Transfer-Encoding: gzip\r\n\r\n{}`, NOT_HTTP],
    [
      "a coding that does not end in chunks",
      `${PUT}Transfer-Encoding: chunked, gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      NOT_HTTP,
    ],
    ["chunks without sizes", `${PUT}Transfer-Encoding: chunked\r\n\r\n{}\r\n`, NOT_HTTP],
    ["a chunk of size zz", `${PUT}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`, NOT_HTTP],
    [
      "a chunk that is longer than it says",
      `${PUT}Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`,
      NOT_HTTP,
    ],
    [
      "a chunk with a long extension",
      `${PUT}Transfer-Encoding: chunked\r\n\r\n2;${"x".repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
      unreadable("413 Payload Too Large"),
    ],
    [
      "trailers behind the chunks",
      `${PUT}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: y\r\n\r\n`,
      NO_OPTIONS,
    ],
  ),
];
