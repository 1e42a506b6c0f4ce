import {
  answered,
  type BadRequest,
  closing,
  NO_ANSWER,
  refused,
  request,
  rows,
} from "./bad-request.ts";

const put = (...headers: string[]): Buffer =>
  request("PUT /fleet/v1/units/a.service", headers, "{}");
const NOT_JSON = refused(415, "only acceptable Content-Type is application/json");
const types = (count: number): BadRequest["gets"] =>
  refused(415, `expected 1 Content-Type, got ${count}`);
const JSON_TYPE = "Content-Type: application/json";
/** What a good head with this body gets. */
const READ = refused(409, "must provide DesiredState to update existing unit");
const EMPTY = answered(200, "{}");
const machines = (...headers: string[]): Buffer => request("GET /fleet/v1/machines", headers);

/** Headers that are missing, there twice, or mean nothing. */
export const HEADERS: readonly BadRequest[] = [
  ...rows(
    ["no type", put(), types(0)],
    ["two types", put(JSON_TYPE, JSON_TYPE), types(2)],
    ["two types in two spellings", put(JSON_TYPE, "content-type: text/plain"), types(2)],
    ["three types", put(JSON_TYPE, JSON_TYPE, JSON_TYPE), types(3)],
    ["an empty type", put("Content-Type:"), NOT_JSON],
    ["plain text", put("Content-Type: text/plain"), NOT_JSON],
    ["a form", put("Content-Type: application/x-www-form-urlencoded"), NOT_JSON],
    ["parts", put("Content-Type: multipart/form-data; boundary=x"), NOT_JSON],
    ["capitals", put("Content-Type: Application/JSON"), NOT_JSON],
    ["a type that begins alike", put("Content-Type: application/jsonp"), NOT_JSON],
    ["a type of JSON's family", put("Content-Type: application/vnd.api+json"), NOT_JSON],
    ["a list of types", put("Content-Type: application/json, text/plain"), NOT_JSON],
    ["a quoted type", put('Content-Type: "application/json"'), NOT_JSON],
    ["only a parameter", put("Content-Type: ;charset=utf-8"), NOT_JSON],
    ["any type", put("Content-Type: */*"), NOT_JSON],
    ["a parameter without end", put(`${JSON_TYPE}; x="`), READ],
    ["the type after 2500 other headers", put(...Array(2_500).fill("X:y"), JSON_TYPE), READ],
  ),
  ...rows(
    ["two hosts", machines("Host: other"), EMPTY],
    ["a host that is none", machines("Host: \\\\?/"), EMPTY],
    ["a type nobody can send", machines("Accept: image/png"), EMPTY],
    ["a range", machines("Range: bytes=0-0"), EMPTY],
    ["a condition", machines("If-Match: x", "If-None-Match: *"), EMPTY],
    ["another method in a header", machines("X-HTTP-Method-Override: DELETE"), EMPTY],
    ["credentials", machines("Authorization: Basic x", "Cookie: x=y"), EMPTY],
    ["an upgrade", machines("Connection: Upgrade", "Upgrade: websocket"), EMPTY],
    [
      "an upgrade to HTTP/2",
      machines("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"),
      EMPTY,
    ],
    ["a connection of nonsense", machines("Connection: nonsense"), EMPTY],
    ["a connection that is to be closed", machines("Connection: close"), closing(EMPTY)],
    ["an expectation of miracles", machines("Expect: miracles"), refused(417)],
    ["another expectation with a body", put(JSON_TYPE, "Expect: 200-ok"), refused(417)],
    [
      "the client of fleetctl 1.0.0",
      request("GET /fleet/v1/state/none.service", ["User-Agent: google-api-go-client/0.5"]),
      NO_ANSWER,
    ],
  ),
];
