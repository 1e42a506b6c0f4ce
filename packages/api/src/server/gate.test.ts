import { expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";

const CLOSED = '{"error":{"code":503,"message":"fleet server unable to communicate with etcd"}}';

test.for([
  "GET /fleet/v1/units",
  "PUT /fleet/v1/units/a.service",
  "GET /fleet/v1/discovery",
  "GET /metrics",
  "GET //fleet/v1/units",
  "POST /",
  "GET /nowhere",
])("while the registry is not available, %s is a 503", async (line) => {
  await using api = await ApiUnderTest.open(() => ({ available: () => false }));
  const answer = await api.ask(line);
  expect(answer).toMatchObject({ status: 503, body: CLOSED });
  expect(answer?.headers.get("Content-Type")).toBe("application/json");
  expect(answer?.headers.get("Server")).toMatch(/^fleetd\/\d/);
});

test("requests are served as soon as the registry is available", async () => {
  let isOpen = false;
  await using api = await ApiUnderTest.open(() => ({ available: () => isOpen }));
  expect((await api.ask("GET /fleet/v1/units"))?.status).toBe(503);
  isOpen = true;
  expect((await api.ask("GET /fleet/v1/units"))?.status).toBe(200);
});

test.for<[line: string, logged: string]>([
  ["GET /fleet/v1/units", "Failed fetching page of Units: "],
  ["GET /fleet/v1/units/a.service", "Failed fetching Unit(a.service) from Registry: "],
  ["DELETE /fleet/v1/units/a.service", "Failed destroying Unit(a.service): "],
  ["GET /fleet/v1/state", "Failed fetching page of UnitStates: "],
  ["GET /fleet/v1/state/a.service", "Failed fetching UnitState(a.service) from Registry: "],
  ["GET /fleet/v1/machines", "Failed fetching page of Machines: "],
])(
  "when the store fails, %s is a 500 without a text, and the log says why",
  async ([line, logged]) => {
    await using api = await ApiUnderTest.open();
    api.store.disconnect("no route");
    const answer = await api.ask(line);
    expect(answer).toMatchObject({ status: 500, body: '{"error":{"code":500,"message":""}}' });
    expect(api.errors()).toEqual([expect.stringContaining(logged)]);
    expect(api.errors().join()).toContain("no route");
  },
);

test("when the store fails, a PUT is a 500 without a text", async () => {
  await using api = await ApiUnderTest.open();
  api.store.disconnect();
  expect(await api.put("a.service", { desiredState: "launched" })).toBe("500");
  expect(api.errors().join()).toContain("Failed fetching Unit(a.service) from Registry: ");
});

test("when the store fails, PATCH alone tells the reason", async () => {
  await using api = await ApiUnderTest.open();
  api.store.disconnect("no route");
  const body = '[{"op":"remove","path":"/m/metadata/k"}]';
  expect(await api.outcome("PATCH /fleet/v1/machines", { body })).toBe(
    "500 etcd in memory: no route",
  );
});

test("when the store fails, the discovery document is still served", async () => {
  await using api = await ApiUnderTest.open();
  api.store.disconnect();
  expect((await api.ask("GET /fleet/v1/discovery"))?.status).toBe(200);
});

test("every request that gets past the gate leaves a debug line", async () => {
  await using api = await ApiUnderTest.open();
  await api.ask("GET /fleet/v1/units?x=y");
  expect(api.log).toEqual([
    { level: "debug", message: "HTTP GET /fleet/v1/units?x=y", fields: {} },
  ]);
});
