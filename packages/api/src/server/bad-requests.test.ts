import { parseUnitFile } from "@fleet/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { BAD_REQUESTS, type BadRequest } from "../../testing/bad-requests/index.ts";
import { storeUnit } from "../../testing/cluster.ts";
import { HalfOpen } from "../../testing/half-open.ts";
import type { RawAnswer } from "../../testing/raw-http.ts";

// Every row of every table over a socket of its own: the answer to the byte, what becomes of the connection, and that
// nothing was stored and nothing failed.

const PROBE = "GET /fleet/v1/nowhere HTTP/1.1\r\n\r\n";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.open();
  await storeUnit(api.registry, "a.service");
  await storeUnit(api.registry, "t@.service");
  const replacing = parseUnitFile("[X-Fleet]\nReplaces=new.service\n");
  await storeUnit(api.registry, "r.service", replacing);
});
afterAll(() => api[Symbol.asyncDispose]());

describe.for(Object.entries(BAD_REQUESTS))("%s", ([, table]) => {
  test.for(table.map((row) => [row.what, row] as const))("%s", async ([, row]) => {
    const { revision } = api.store.etcd;
    const { gets } = row;
    const headers = gets.status === undefined ? {} : { Server: "fleetd/9.8.7", ...gets.headers };
    expect(await send(row)).toEqual({ ...gets, headers });
    expect(api.errors()).toEqual([]);
    expect(api.store.etcd.revision).toBe(revision);
  });
});

test("there are more than three hundred of them, each under a name of its own", () => {
  const names = Object.entries(BAD_REQUESTS).flatMap(([theme, table]) =>
    table.map(({ what }) => `${theme}: ${what}`),
  );
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(300);
});

async function send(row: BadRequest): Promise<BadRequest["gets"]> {
  using connection = new HalfOpen({ host: "127.0.0.1", port: api.port });
  const [method = ""] = row.send.subarray(0, 10).toString("latin1").split(" ");
  await connection.sendBeforeReading(row.send);
  if (row.thenCloses) connection.end();
  const answer = await connection.answer(method);
  return { ...factsOf(answer), fate: await fateOf(connection, row) };
}

/** A connection that is kept answers the next request; otherwise it ends by itself. */
async function fateOf(connection: HalfOpen, row: BadRequest): Promise<"kept" | "closed"> {
  if (row.gets.fate === "kept" && !row.thenCloses) {
    connection.send(PROBE);
    const next = await connection.answer("GET");
    return next?.status === 404 ? "kept" : "closed";
  }
  await connection.ended();
  return row.gets.fate;
}

function factsOf(answer: RawAnswer | undefined): Omit<BadRequest["gets"], "fate"> {
  if (answer === undefined) return { headers: {}, body: "" };
  const { Date: _, ...headers } = Object.fromEntries(answer.headers);
  return { status: answer.status, headers, body: answer.body };
}
