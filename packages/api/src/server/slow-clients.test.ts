import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { storeUnit } from "../../testing/cluster.ts";
import { HalfOpen } from "../../testing/half-open.ts";
import { nextRequest } from "../../testing/next-request.ts";

// What slow clients get, with limits in seconds instead of minutes.

const HEADERS_MS = 800;
const REQUEST_MS = 1_200;
const IDLE_MS = 1_600;
const DRIP_EVERY_MS = 20;
const limits = { headersMs: HEADERS_MS, requestMs: REQUEST_MS, idleMs: IDLE_MS, checkEveryMs: 10 };

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.open(() => ({ limits }));
});
afterAll(() => api[Symbol.asyncDispose]());

const connected = (): HalfOpen => new HalfOpen({ host: "127.0.0.1", port: api.port });
const PUT = "PUT /fleet/v1/units/a.service HTTP/1.1\r\nContent-Type: application/json\r\n";
const TIMED_OUT = {
  status: 408,
  headers: new Map([
    ["Server", "fleetd/9.8.7"],
    ["Content-Type", "text/plain; charset=utf-8"],
    ["Connection", "close"],
    ["Content-Length", "19"],
  ]),
  body: "408 Request Timeout",
};

describe.concurrent("side by side", () => {
  test.for<[what: string, sent: string]>([
    ["sends nothing", ""],
    ["sends half a request line", "GET /fleet"],
    ["sends half the headers", "GET /fleet/v1/units HTTP/1.1\r\nX: "],
    ["sends no body", `${PUT}Content-Length: 10\r\n\r\n`],
    ["sends half a body", `${PUT}Content-Length: 10\r\n\r\n{"name"`],
    ["sends half a chunk", `${PUT}Transfer-Encoding: chunked\r\n\r\na\r\n{}`],
    ["never ends its chunks", `${PUT}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`],
  ])("a client that %s is told so, and the connection ends", async ([, sent]) => {
    using connection = connected();
    if (sent !== "") connection.send(sent);
    expect(await connection.answer("PUT")).toEqual(TIMED_OUT);
    await connection.ended();
    expect(api.errors()).toEqual([]);
  });

  test.for<[what: string, head: string, drip: string]>([
    ["headers", "GET /fleet/v1/units HTTP/1.1\r\nX: ", "x"],
    ["a body", `${PUT}Content-Length: 1000\r\n\r\n`, " "],
  ])("a client that drips %s is told so when its time is up", async ([, head, drip]) => {
    using connection = connected();
    connection.send(head);
    const answer = connection.answer("PUT");
    const isOver = answer.then(() => true);
    while (!(await Promise.race([isOver, sleep(DRIP_EVERY_MS, false)]))) connection.send(drip);
    expect(await answer).toEqual(TIMED_OUT);
  });

  test("a client that goes on sending a body nobody wants is cut off", async () => {
    using connection = connected();
    connection.send("POST /fleet/v1/units HTTP/1.1\r\nContent-Length: 1000\r\n\r\n");
    expect((await connection.answer("POST"))?.status).toBe(405);
    const isOver = connection.ended().then(() => true);
    while (!(await Promise.race([isOver, sleep(DRIP_EVERY_MS, false)]))) connection.send("x");
  });

  test("a connection on which no second request comes ends without a word", async () => {
    using connection = connected();
    connection.send("GET /fleet/v1/machines HTTP/1.1\r\n\r\n");
    expect((await connection.answer("GET"))?.body).toBe("{}");
    expect(await connection.answer("GET")).toBeUndefined();
  });
});

test("a client that does not read its answer is cut off", async () => {
  await using large = await ApiUnderTest.open(() => ({ limits }));
  const line = { section: "S", name: "N", value: "x".repeat(2_000) };
  const file = Array.from({ length: 450 }, () => line);
  for (let unit = 0; unit < 12; unit += 1) {
    await storeUnit(large.registry, `${unit}.service`, file);
  }
  using reading = new HalfOpen({ host: "127.0.0.1", port: large.port });
  const requested = nextRequest();
  reading.pause();
  reading.send("GET /fleet/v1/units HTTP/1.1\r\n\r\n");
  await once(await requested, "close");
  reading.resume();
  expect(await reading.answer("GET")).toBeUndefined();
  expect((await reading.all()).length).toBeGreaterThan(0);
});
