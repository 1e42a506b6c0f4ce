import {
  anyJsonRequest,
  anyPut,
  ApiUnderTest,
  bytesOf,
  exchange,
  parseAnswer,
} from "@fleet/api/testing";
import { silentLogger, wellFormed } from "@fleet/core";
import { openRegistry } from "@fleet/registry";
import { type Etcd, startEtcd } from "@fleet/rig";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

import { realClock, storeOn } from "./registry-under-test.ts";

// Whatever is sent, a real etcd has no reason to refuse it, and gives it back. A failure prints its seed.

const RUNS = { numRuns: 500, interruptAfterTimeLimit: 4_000 };
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

test("any JSON at any route is no failure", async () => {
  const property = fc.asyncProperty(anyJsonRequest, async (sent) => {
    const headers = [...sent.headers, "Connection: close"];
    const to = { host: "127.0.0.1", port: api.port };
    const answer = parseAnswer(await exchange(to, bytesOf({ ...sent, headers })));
    expect(answer?.status).toBeLessThan(500);
  });
  await fc.assert(property, RUNS);
});

test("a unit that is accepted can be read", async () => {
  const accepted: string[] = [];
  const property = fc.asyncProperty(anyPut, async ({ name, body }) => {
    const path = encodeURIComponent(wellFormed(name));
    if ((await api.put(path, body)) !== "201") return;
    accepted.push(name);
    expect((await api.ask(`GET /fleet/v1/units/${path}`))?.status).toBe(200);
  });
  await fc.assert(property, RUNS);
  expect(accepted.length).toBeGreaterThan(10);
  expect(api.errors()).toEqual([]);
});
