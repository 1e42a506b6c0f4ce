import { wellFormed } from "@fleet/core";
import * as fc from "fast-check";

import { request } from "./bad-requests/bad-request.ts";

/** A request whose head is good. */
export interface AnyRequest {
  readonly line: string;
  readonly headers: readonly string[];
  readonly body: string;
}

const PATHS = [
  "/",
  "/metrics",
  "/nowhere",
  ...["/fleet/v1", "/v1-alpha"].flatMap((root) =>
    ["", "/units", "/units/a.service", "/state", "/state/a.service", "/machines"]
      .concat("/discovery", "/openapi.json")
      .map((path) => root + path),
  ),
];
const METHODS = ["GET", "PUT", "DELETE", "PATCH", "POST", "HEAD", "OPTIONS"];
const QUERIES = ["", "?nextPageToken=", "?unitName=", "?machineID=", "?"];

/** Text with what means something in unit files, JSON and UTF-16. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...Array.from("\n\r\t\\#;[]=\"' *%:{}@/.\0\u2028\uFEFF\uD800")),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    fc.constantFrom("X-Fleet", "MachineOf", "Replaces", "Conflicts", "Global", "true", "a.service"),
  ),
  maxLength: 12,
});
const section = fc.oneof(fc.constantFrom("Unit", "Service", "X-Fleet"), text);
const fleetKey = fc.constantFrom("MachineID", "MachineOf", "Replaces", "Conflicts", "Global");
const option = fc.record(
  { section, name: fc.oneof(fleetKey, text), value: text },
  { requiredKeys: [] },
);
const state = fc.oneof(fc.constantFrom("inactive", "loaded", "launched"), text);

/** What might be a unit: fields of the right names, mostly of the right types. */
const unitBody = fc.record(
  {
    name: fc.oneof(fc.constant("a.service"), text),
    desiredState: state,
    options: fc.oneof(
      { weight: 5, arbitrary: fc.array(fc.option(option), { maxLength: 5 }) },
      fc.jsonValue({ maxDepth: 2 }),
    ),
  },
  { requiredKeys: [] },
);

const metadataBody = fc.array(
  fc.record(
    {
      op: fc.oneof(fc.constantFrom("add", "remove", "replace"), text),
      path: fc.oneof(
        text.map((key) => `/m1/metadata/${key}`),
        text.map((machine) => `/${machine}/metadata/key`),
        text,
      ),
      value: fc.oneof(fc.record({ value: text }), fc.jsonValue({ maxDepth: 1 })),
    },
    { requiredKeys: [] },
  ),
  { maxLength: 3 },
);

const json = (value: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  value.map((one) => JSON.stringify(one));

const place = fc
  .record({
    method: fc.constantFrom(...METHODS),
    path: fc.constantFrom(...PATHS),
    query: fc.constantFrom(...QUERIES),
    value: text.map((value) => encodeURIComponent(wellFormed(value))),
  })
  .map(({ method, path, query, value }) => `${method} ${path}${query}${query && value}`);

const headers = fc.constant(["Content-Type: application/json"]);

/** Any JSON at any route, by any method; two of three where something like it is expected. */
export const anyJsonRequest: fc.Arbitrary<AnyRequest> = fc.oneof(
  fc.record({ line: place, headers, body: json(fc.jsonValue()) }),
  fc.record({
    line: fc.constant("PUT /fleet/v1/units/a.service"),
    headers,
    body: json(unitBody),
  }),
  fc.record({ line: fc.constant("PATCH /fleet/v1/machines"), headers, body: json(metadataBody) }),
);

/** A PUT of a unit of the right shape. Most are accepted. */
export const anyPut: fc.Arbitrary<{ readonly name: string; readonly body: string }> = fc.record({
  name: fc.stringMatching(/^[a-zA-Z0-9:_.\\-]{1,8}\.(service|timer|socket|mount)$/),
  body: fc
    .record(
      {
        desiredState: fc.constantFrom("inactive", "loaded", "launched"),
        options: fc.array(option, { minLength: 1, maxLength: 5 }),
      },
      { requiredKeys: ["options"] },
    )
    .map((body) => JSON.stringify(body)),
});

/** Bytes: any at all, or a request with some of its bytes replaced, left out or doubled. */
export const anyBytes: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc
    .record({ line: anyJsonRequest, cuts: fc.array(cut(), { minLength: 1, maxLength: 4 }) })
    .map(({ line, cuts }) => cuts.reduce((bytes, one) => one(bytes), bytesOf(line))),
);

export function bytesOf(one: AnyRequest): Buffer {
  return request(one.line, one.headers, one.body);
}

function cut(): fc.Arbitrary<(bytes: Buffer) => Buffer> {
  const at = fc.double({ min: 0, max: 1, noNaN: true });
  const parts = { at, removed: fc.nat(8), added: fc.uint8Array({ maxLength: 8 }) };
  return fc.record(parts).map(({ at: share, removed, added }) => (bytes) => {
    const from = Math.floor(share * bytes.length);
    return Buffer.concat([bytes.subarray(0, from), added, bytes.subarray(from + removed)]);
  });
}
