import { ApiUnderTest, type RawRequest } from "@fleet/api/testing";
import { silentLogger } from "@fleet/core";
import { openRegistry } from "@fleet/registry";
import { type Etcd, startEtcd } from "@fleet/rig";
import { afterAll, beforeAll, expect, test } from "vitest";

import { realClock, storeOn } from "./registry-under-test.ts";

// The API over a real etcd: what only that can refuse, and what happens while it is away.

const PREFIX = "/_coreos.com/fleet/";

let etcd: Etcd;
let api: ApiUnderTest;
beforeAll(async () => {
  etcd = await startEtcd();
  const store = storeOn([etcd.endpoint]);
  const registry = openRegistry(store, { prefix: PREFIX, clock: realClock, log: silentLogger });
  api = await ApiUnderTest.open(() => ({ registry, clock: realClock }));
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await etcd[Symbol.asyncDispose]();
});

const LONG = "x".repeat(9_000);
const token = (key: string): string =>
  encodeURIComponent(Buffer.from(`d\0\u0001\0>${key}`).toString("base64"));
const patch = (path: string): RawRequest => ({
  body: JSON.stringify([{ op: "add", path, value: { value: "v" } }]),
});

test.for<[line: string, request: RawRequest]>([
  [`GET /fleet/v1/units/${LONG}.service`, {}],
  ["GET /fleet/v1/units/%00%ff.service", {}],
  [`GET /fleet/v1/state?unitName=${LONG}&machineID=${LONG}`, {}],
  ["GET /fleet/v1/state?machineID=%00%ff", {}],
  ["GET /fleet/v1/state?unitName=a.service&machineID=b&nextPageToken=" + token("zzz"), {}],
  ["GET /fleet/v1/units?nextPageToken=" + token("\u{10ffff}"), {}],
  ["GET /fleet/v1/units?nextPageToken=" + token(""), {}],
  ["GET /fleet/v1/units?nextPageToken=" + token("../../x"), {}],
  ["GET /fleet/v1/machines?nextPageToken=" + token("a/b\0"), {}],
  ["GET /fleet/v1/units?nextPageToken=ZAD__w==", {}],
  ["PATCH /fleet/v1/machines", patch(`/${LONG}/metadata/k`)],
  ["PATCH /fleet/v1/machines", patch("/a\0b\n\ud800/metadata/k")],
  ["PATCH /fleet/v1/machines", patch(`/m/metadata/${LONG}`)],
])("%s is no failure of ours", async ([line, request]) => {
  const status = (await api.ask(line, request))?.status ?? 500;
  expect(status).toBeLessThan(500);
});

test("the largest body that is accepted fits into etcd", async () => {
  const line = (number: number): object => ({
    section: "Service",
    name: `Environment${number}`,
    value: "x".repeat(2_000),
  });
  const options = Array.from({ length: 508 }, (_, number) => line(number));
  const body = JSON.stringify({ options }).padEnd(1_048_576);
  expect(body).toHaveLength(1_048_576);
  expect(await api.put("large.service", body)).toBe("201");
  expect((await api.ask("GET /fleet/v1/units/large.service"))?.status).toBe(200);
  expect(await api.outcome("DELETE /fleet/v1/units/large.service")).toBe("204");
});

test("while etcd is away units are a 500 and discovery is served; then all is as before", async () => {
  etcd.pause();
  try {
    expect(await api.outcome("GET /fleet/v1/units")).toBe("500");
    expect((await api.ask("GET /fleet/v1/discovery"))?.status).toBe(200);
  } finally {
    etcd.resume();
  }
  await expect.poll(() => api.outcome("GET /fleet/v1/units"), { timeout: 20_000 }).toBe("200 {}");
});
