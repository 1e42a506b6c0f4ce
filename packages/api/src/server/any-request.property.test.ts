import { wellFormed } from "@fleet/core";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { anyBytes, anyJsonRequest, anyPut, bytesOf } from "../../testing/arbitrary-requests.ts";
import { HalfOpen } from "../../testing/half-open.ts";
import { join, machineOf } from "../../testing/cluster.ts";

// Whatever is sent: the store works, so nothing is a 5xx; the server goes on; what was stored can be read. A failure
// prints the seed with which to repeat it.

const RUNS = { numRuns: 1_000, interruptAfterTimeLimit: 3_000 };
const ROOT = "/fleet/v1";

let api: ApiUnderTest;
beforeAll(async () => {
  const metrics = async (): Promise<{ contentType: string; text: string }> => ({
    contentType: "text/plain; version=0.0.4",
    text: "",
  });
  api = await ApiUnderTest.open(() => ({ metrics }));
  await join(api.registry, machineOf("m1"));
});
afterAll(() => api[Symbol.asyncDispose]());

/** The status of every answer on one connection on which these bytes are sent, and then no more. */
async function statusesOf(bytes: Buffer): Promise<readonly number[]> {
  using connection = new HalfOpen({ host: "127.0.0.1", port: api.port });
  connection.send(bytes);
  connection.end();
  const text = (await connection.all()).toString("latin1");
  return [...text.matchAll(/^HTTP\/1\.1 (?<status>\d{3}) /gm)].map((match) => Number(match[1]));
}

async function expectNoFailure(bytes: Buffer): Promise<readonly number[]> {
  api.log.length = 0;
  const statuses = await statusesOf(bytes);
  expect(statuses.filter((status) => status >= 500)).toEqual([]);
  expect(api.errors()).toEqual([]);
  return statuses;
}

test("any bytes on a connection are no failure, and the server goes on", async () => {
  const property = fc.asyncProperty(anyBytes, async (bytes) => void (await expectNoFailure(bytes)));
  await fc.assert(property, RUNS);
  expect((await api.ask(`GET ${ROOT}/machines`))?.status).toBe(200);
});

test("any JSON at any route is answered, and is no failure", async () => {
  const property = fc.asyncProperty(anyJsonRequest, async (sent) => {
    expect(await expectNoFailure(bytesOf(sent))).toHaveLength(1);
  });
  await fc.assert(property, RUNS);
  for (const collection of ["units", "state", "machines"]) {
    expect((await api.ask(`GET ${ROOT}/${collection}`))?.status).toBe(200);
  }
});

test("a unit that is accepted can be read, and is itself again when it is put back", async () => {
  let accepted = 0;
  const property = fc.asyncProperty(anyPut, async ({ name, body }) => {
    const path = encodeURIComponent(wellFormed(name));
    if ((await api.put(path, body)) !== "201") return;
    accepted += 1;
    const read = await api.ask(`GET ${ROOT}/units/${path}`);
    expect(read?.status).toBe(200);
    const { options } = JSON.parse(read?.body ?? "") as { readonly options?: unknown };
    expect(await api.put(path, { options })).toBe(
      "409 must provide DesiredState to update existing unit",
    );
  });
  await fc.assert(property, RUNS);
  expect(accepted).toBeGreaterThan(10);
  expect(api.errors()).toEqual([]);
});
