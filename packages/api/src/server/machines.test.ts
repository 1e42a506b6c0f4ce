import { expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { join, machineOf } from "../../testing/cluster.ts";

const PATH = "/m1/metadata/key";
const add = (value: unknown): unknown => [{ op: "add", path: PATH, value }];

async function withMachines(): Promise<ApiUnderTest> {
  const api = await ApiUnderTest.open();
  const metadata = new Map([
    ["ping", "pong"],
    ["10", "x"],
    ["9", "y"],
    ["<", ">"],
  ]);
  await join(api.registry, machineOf("m2", { publicIp: "1.2.3.4", metadata }));
  await join(api.registry, machineOf("m1"));
  return api;
}

async function patch(api: ApiUnderTest, body: unknown): Promise<string> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return api.outcome("PATCH /fleet/v1/machines", { body: text });
}

/** The metadata of m1 as it is listed. */
async function metadataOf(api: ApiUnderTest, id = "m1"): Promise<unknown> {
  const page = JSON.parse((await api.ask("GET /fleet/v1/machines"))?.body ?? "") as {
    machines: { id: string; metadata?: unknown }[];
  };
  return page.machines.find((machine) => machine.id === id)?.metadata ?? {};
}

test("machines are listed by ID, with address and metadata where there are some", async () => {
  await using api = await withMachines();
  expect(await api.outcome("GET /fleet/v1/machines")).toBe(
    String.raw`200 {"machines":[{"id":"m1"},{"id":"m2","metadata":{"10":"x","9":"y","\u003c":"\u003e","ping":"pong"},"primaryIP":"1.2.3.4"}]}`,
  );
});

test.for<[promise: string, operations: unknown, metadata: unknown]>([
  ["a key is added", add({ value: "v" }), { key: "v" }],
  [
    "the keys of an operation match in any case",
    [{ OP: "add", Path: PATH, Value: { VALUE: "v" } }],
    { key: "v" },
  ],
  [
    "replacing needs nothing to replace",
    [{ op: "replace", path: PATH, value: { value: "v" } }],
    { key: "v" },
  ],
  [
    "operations happen in order",
    [...(add({ value: "v" }) as unknown[]), { op: "remove", path: PATH }],
    {},
  ],
  ["removing what is not there is fine", [{ op: "remove", path: PATH, value: { value: "x" } }], {}],
  ["there is no JSON pointer escaping", add({ value: "~1~0" }), { key: "~1~0" }],
  ["nothing to do is fine", [], {}],
  ["null is nothing to do", "null", {}],
  [
    "what follows the list is not read",
    '[{"op":"add","path":"/m1/metadata/k","value":{"value":"v"}}] x',
    { k: "v" },
  ],
])("PATCH: %s", async ([, operations, metadata]) => {
  await using api = await withMachines();
  expect(await patch(api, operations)).toBe("204");
  expect(await metadataOf(api)).toEqual(metadata);
});

test("a static key is overridden, and hidden by removing it", async () => {
  await using api = await withMachines();
  const path = "/m2/metadata/ping";
  await patch(api, [{ op: "replace", path, value: { value: "splat" } }]);
  expect(await metadataOf(api, "m2")).toMatchObject({ ping: "splat" });
  await patch(api, [{ op: "remove", path }]);
  expect(await metadataOf(api, "m2")).not.toHaveProperty("ping");
});

test("the 204 of PATCH has no body, but a type", async () => {
  await using api = await withMachines();
  const answer = await api.ask("PATCH /fleet/v1/machines", { body: "[]" });
  expect(answer).toMatchObject({ status: 204, body: "" });
  expect(answer?.headers.get("Content-Type")).toBe("application/json");
});

test.for(["Content-Type: text/plain", "Content-Type: nonsense", "Content-Type:"])(
  "PATCH does not look at the type: %s",
  async (header) => {
    await using api = await withMachines();
    const request = { headers: [header], body: JSON.stringify(add({ value: "v" })) };
    expect(await api.outcome("PATCH /v1-alpha/machines", request)).toBe("204");
  },
);

test("one wrong operation keeps all from being carried out", async () => {
  await using api = await withMachines();
  expect(await patch(api, [...(add({ value: "v" }) as unknown[]), { op: "no" }])).toBe(
    "400 invalid op: expect add, remove, or replace",
  );
  expect(await metadataOf(api)).toEqual({});
});
