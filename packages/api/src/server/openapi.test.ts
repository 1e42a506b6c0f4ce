import { parseUnitName, silentLogger } from "@fleet/core";
import { Validator } from "@seriousme/openapi-schema-validator";
import { METHODS } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { explainWait, join, machineOf, run, SLEEP, storeUnit } from "../../testing/cluster.ts";
import { OpenApiReader } from "../../testing/open-api-reader.ts";
import type { RawRequest } from "../../testing/raw-http.ts";
import { createApp } from "./app.ts";
import { openApiText } from "./openapi.ts";

const reader = new OpenApiReader(openApiText("9.8.7", "/fleet/v1"));
const metrics = async (): Promise<{ contentType: string; text: string }> => ({
  contentType: "text/plain; version=0.0.4",
  text: "fleet_engine_leader_start_time 0\n",
});

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.open(() => ({ metrics }));
  await join(
    api.registry,
    machineOf("m2", { publicIp: "1.2.3.4", metadata: new Map([["a", "b"]]) }),
  );
  for (const name of ["a.service", "b.service", "waiting.service"]) {
    await storeUnit(api.registry, name, SLEEP, "launched");
  }
  await run(api.registry, "m1", new Map([["a.service", "launched"]]));
  const reasons = [
    { rule: "peer", reason: "no peer", count: 1, machines: [machineOf("m2").id] },
  ] as const;
  await explainWait(api.registry, parseUnitName("waiting.service"), { machines: 2, reasons });
});
afterAll(() => api[Symbol.asyncDispose]());

test.for(["/fleet/v1", "/v1-alpha"])("%s/openapi.json is the document", async (root) => {
  const answer = await api.ask(`GET ${root}/openapi.json`);
  expect(answer?.headers.get("Content-Type")).toBe("application/json");
  expect(JSON.parse(answer?.body ?? "")).toEqual(reader.document);
});

test("the document is OpenAPI 3.1", async () => {
  const validator = new Validator();
  const result = await validator.validate(structuredClone(reader.document));
  expect(result).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
});

describe("what is served and what is documented are the same", () => {
  const documented = new Set(reader.lines.values());
  const paths = new Set([...documented].map((line) => line.replace(/^\w+ /, "")));

  test.for([...paths].filter((path) => path !== "/metrics"))("%s", async (path) => {
    const methods = METHODS.filter((method) => method !== "CONNECT");
    const served = await Promise.all(
      methods.map(async (method) => {
        const answer = await api.ask(`${method} ${path.replace("{name}", "none.service")}`);
        return isRefusal(answer?.body ?? "", method) ? [] : [`${method} ${path}`];
      }),
    );
    expect(new Set(served.flat())).toEqual(
      new Set([...documented].filter((line) => line.endsWith(` ${path}`))),
    );
  });

  test("and there are no other paths", async () => {
    const served = new Set<string>();
    const { registry } = api;
    const options = { registry, log: silentLogger, tokenLimit: () => 100, version: "1", metrics };
    const app = createApp(options, (url) => served.add(url.replace(":name", "{name}")));
    await app.ready();
    const refused = ["/", "/fleet/v1", "/v1-alpha"];
    const ofAlias = [...served].filter((url) => url.startsWith("/v1-alpha/"));
    const named = [...served].filter((url) => ![...refused, ...ofAlias].includes(url));
    expect(named.toSorted()).toEqual([...paths].toSorted());
    const twice = ofAlias.map((url) => url.replace("/v1-alpha", "/fleet/v1"));
    expect([...twice, "/metrics"].toSorted()).toEqual([...paths].toSorted());
  });
});

/** A method that is not supported; the answer to HEAD has no body that could tell. */
function isRefusal(body: string, method: string): boolean {
  return method === "HEAD" ? body === "" : /"only .* supported against this resource"/.test(body);
}

const JSON_TYPE = ["Content-Type: application/json"];
const OPTIONS = [{ section: "Service", name: "ExecStart", value: "/bin/true" }];
const put = (body: unknown): RawRequest => ({ headers: JSON_TYPE, body: JSON.stringify(body) });
const patch = (...body: unknown[]): RawRequest => ({ body: JSON.stringify(body) });
const large: RawRequest = { headers: JSON_TYPE, body: " ".repeat(1_048_577) };
const add = { op: "add", path: "/m1/metadata/k", value: { value: "v" } };

/** One row for each documented answer that needs no broken server: its operation, status, name or query, request. */
const CALLS: readonly (readonly [string, number, string, RawRequest])[] = [
  ["listUnits", 200, "", {}],
  ["listUnits", 400, "?nextPageToken=x", {}],
  ["getUnit", 200, "a.service", {}],
  ["getUnit", 200, "b.service", {}],
  ["getUnit", 400, "%zz", {}],
  ["getUnit", 404, "none.service", {}],
  ["putUnit", 201, "new.service", put({ desiredState: "loaded", options: OPTIONS })],
  ["putUnit", 204, "b.service", put({ name: "b.service", desiredState: "inactive" })],
  ["putUnit", 400, "b.service", put({ desiredState: "bogus" })],
  ["putUnit", 400, "%zz", put({})],
  ["putUnit", 409, "none.service", put({})],
  ["putUnit", 413, "none.service", large],
  ["putUnit", 415, "none.service", { body: "{}" }],
  ["destroyUnit", 204, "new.service", {}],
  ["destroyUnit", 400, "%zz", {}],
  ["destroyUnit", 404, "none.service", {}],
  ["listStates", 200, "?unitName=a.service&machineID=m1", {}],
  ["listStates", 400, "?nextPageToken=x", {}],
  ["getState", 200, "a.service", {}],
  ["getState", 400, "%zz", {}],
  ["getState", 404, "b.service", {}],
  ["getWaiting", 200, "waiting.service", {}],
  ["getWaiting", 400, "%zz", {}],
  ["getWaiting", 404, "a.service", {}],
  ["getReports", 200, "a.service", {}],
  ["getReports", 400, "%zz", {}],
  ["getReports", 404, "b.service", {}],
  ["getHeldMoves", 200, "", {}],
  ["resumeMoves", 200, "", {}],
  ["listDropFiles", 200, "", {}],
  ["listDropFiles", 400, "?nextPageToken=x", {}],
  ["listMachines", 200, "", {}],
  ["listMachines", 400, "?nextPageToken=x", {}],
  ["patchMachines", 204, "", patch(add, { op: "remove", path: "/m1/metadata/k" })],
  ["patchMachines", 400, "", patch({ op: "no" })],
  ["patchMachines", 413, "", large],
  ["getDiscovery", 200, "", {}],
  ["getOpenApi", 200, "", {}],
  ["getMetrics", 200, "", {}],
];

const FAILING = [
  "listUnits",
  "getUnit",
  "putUnit",
  "destroyUnit",
  "listStates",
  "getState",
  "getWaiting",
  "getReports",
  "getHeldMoves",
  "resumeMoves",
  "listDropFiles",
  "listMachines",
  "patchMachines",
  "getMetrics",
];
const BODIES: Readonly<Record<string, RawRequest>> = {
  putUnit: put({ options: OPTIONS }),
  patchMachines: patch(add),
};

/** `rest` is the name of what is asked for, or what stands behind the path of a collection. */
const lineOf = (id: string, rest: string): string => {
  const line = reader.lines.get(id) ?? "";
  return line.includes("{name}") ? line.replace("{name}", rest) : line + rest;
};
const withName = (id: string): string =>
  (reader.lines.get(id) ?? "").replace("{name}", "a.service");

describe("what is documented is what is answered", () => {
  test.for(CALLS)("%s %i: %s", async ([id, status, rest, request]) => {
    const answer = await api.ask(lineOf(id, rest), request);
    expect(answer?.status).toBe(status);
    expect(answer && reader.problemsOf(id, answer)).toEqual([]);
    if (status >= 300 || request.body === undefined) return;
    expect(reader.problemsOfBody(id, JSON.parse(String(request.body)))).toEqual([]);
  });

  test.for(FAILING)("%s 500", async (id) => {
    const broken = async (): Promise<never> => {
      throw new Error("no figures");
    };
    await using failing = await ApiUnderTest.open(() => ({ metrics: broken }));
    failing.store.disconnect();
    const answer = await failing.ask(withName(id), BODIES[id]);
    expect(answer?.status).toBe(500);
    expect(answer && reader.problemsOf(id, answer)).toEqual([]);
  });

  test.for([...reader.lines.keys()])("%s 503", async (id) => {
    await using closed = await ApiUnderTest.open(() => ({ available: () => false }));
    const answer = await closed.ask(withName(id), BODIES[id]);
    expect(answer?.status).toBe(503);
    expect(answer && reader.problemsOf(id, answer)).toEqual([]);
  });

  test("nothing else is documented", () => {
    const driven = [
      ...CALLS.map(([id, status]) => `${id} ${status}`),
      ...FAILING.map((id) => `${id} 500`),
      ...[...reader.lines.keys()].map((id) => `${id} 503`),
    ];
    expect([...new Set(driven)].toSorted()).toEqual(reader.answers().toSorted());
  });
});
