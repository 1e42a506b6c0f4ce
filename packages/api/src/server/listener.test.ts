import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { storeUnit } from "../../testing/cluster.ts";
import { HalfOpen } from "../../testing/half-open.ts";
import { nextRequest } from "../../testing/next-request.ts";
import { exchange, parseAnswer, rawRequest } from "../../testing/raw-http.ts";

const GET = rawRequest("GET /fleet/v1/units");

/** A listing that waits until it is told to go on, and tells what became of its signal. */
function slowListing(): {
  readonly asked: Promise<AbortSignal>;
  readonly goOn: () => void;
  readonly unitPage: (page: unknown, signal: AbortSignal) => Promise<{ items: [] }>;
} {
  let onAsked: (signal: AbortSignal) => void = () => {};
  let goOn = (): void => {};
  const asked = new Promise<AbortSignal>((resolve) => {
    onAsked = resolve;
  });
  const told = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const unitPage = async (_page: unknown, signal: AbortSignal): Promise<{ items: [] }> => {
    onAsked(signal);
    await told;
    signal.throwIfAborted();
    return { items: [] };
  };
  return { asked, goOn: () => goOn(), unitPage };
}

test("a unix socket and several addresses are served side by side", async () => {
  const directory = await mkdtemp(join(tmpdir(), "fleet-api-"));
  await using api = await ApiUnderTest.open();
  try {
    const path = join(directory, "fleet.sock");
    expect(await api.server.listen({ path })).toEqual({ path });
    const second = await api.server.listen({ host: "127.0.0.1", port: 0 });
    const port = "port" in second ? second.port : 0;
    const answers = await Promise.all([
      exchange({ path }, GET),
      exchange({ host: "127.0.0.1", port }, GET),
      api.exchange(GET),
    ]);
    expect(answers.map((bytes) => parseAnswer(bytes)?.body)).toEqual(["{}", "{}", "{}"]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a socket that cannot be had is an error that names it", async () => {
  await using api = await ApiUnderTest.open();
  const taken = api.server.listen({ host: "127.0.0.1", port: api.port });
  await expect(taken).rejects.toThrow(
    `cannot listen on 127.0.0.1:${api.port}: listen EADDRINUSE: address already in use`,
  );
});

test("a client whose connection breaks ends the work for it, and that is no error", async () => {
  const listing = slowListing();
  await using api = await ApiUnderTest.open((registry) => ({
    registry: { ...registry, unitPage: listing.unitPage },
  }));
  const socket = connect({ host: "127.0.0.1", port: api.port });
  socket.write(GET);
  const signal = await listing.asked;
  const aborted = once(signal, "abort");
  socket.resetAndDestroy();
  await aborted;
  listing.goOn();
  await api.clock.settle();
  expect(api.errors()).toEqual([]);
});

test("a client that has ended its own direction is still answered", async () => {
  const listing = slowListing();
  await using api = await ApiUnderTest.open((registry) => ({
    registry: { ...registry, unitPage: listing.unitPage },
  }));
  using connection = new HalfOpen({ host: "127.0.0.1", port: api.port });
  const requested = nextRequest();
  connection.send("GET /fleet/v1/units HTTP/1.1\r\n\r\n");
  const ended = once(await requested, "end");
  await listing.asked;
  connection.end();
  await ended;
  listing.goOn();
  expect(await connection.answer("GET")).toMatchObject({ status: 200, body: "{}" });
  await connection.ended();
});

test("a request under way is finished before the server closes", async () => {
  const listing = slowListing();
  const api = await ApiUnderTest.open((registry) => ({
    registry: { ...registry, unitPage: listing.unitPage },
  }));
  const answer = api.exchange("GET /fleet/v1/units HTTP/1.1\r\n\r\n");
  await listing.asked;
  const closed = api.server.close(60_000);
  listing.goOn();
  expect(parseAnswer(await answer)).toMatchObject({ status: 200, body: "{}" });
  await closed;
  await expect(api.exchange(GET)).rejects.toThrow("ECONNREFUSED");
});

test("an answer that is read slowly is read to its end before the server closes", async () => {
  const api = await ApiUnderTest.open();
  const line = { section: "S", name: "N", value: "x".repeat(2_000) };
  const file = Array.from({ length: 450 }, () => line);
  for (let unit = 0; unit < 12; unit += 1) await storeUnit(api.registry, `${unit}.service`, file);
  using reading = new HalfOpen({ host: "127.0.0.1", port: api.port });
  const requested = nextRequest();
  reading.pause();
  reading.send("GET /fleet/v1/units HTTP/1.1\r\n\r\n");
  const serversEnd = await requested;
  while (serversEnd.writableLength === 0) await api.clock.settle();
  const closed = api.server.close(60_000);
  reading.resume();
  expect(JSON.parse((await reading.answer("GET"))?.body ?? "").units).toHaveLength(12);
  await closed;
});

test("a request that takes too long is cut off", async () => {
  const listing = slowListing();
  const api = await ApiUnderTest.open((registry) => ({
    registry: { ...registry, unitPage: listing.unitPage },
  }));
  const answer = api.exchange(GET);
  await listing.asked;
  const closed = api.server.close(1_000);
  await api.clock.advance(1_000);
  await closed;
  expect((await answer).length).toBe(0);
  listing.goOn();
});
