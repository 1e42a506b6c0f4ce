import type { Clock } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { describe, expect, test } from "vitest";

import { SilenceGuard } from "./silence-guard.ts";

const REQUEST_TIMEOUT_MS = 1_000;

/** A connection to a member that says what the test has it say. */
class Line {
  heard = 0;
  isFresh = false;
  readonly droppedAtMs: number[] = [];
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  drop(): void {
    this.droppedAtMs.push(this.#clock.monotonicMs());
  }
}

function guarded(requestTimeoutMs = REQUEST_TIMEOUT_MS) {
  const clock = new ManualClock();
  const connection = new Line(clock);
  const closing = new AbortController();
  const { signal: closed } = closing;
  const guard = new SilenceGuard({ connection, clock, requestTimeoutMs, closed });
  return { clock, connection, guard, closing };
}

describe("a member's connection", () => {
  test("is dropped when nothing comes for two seconds after it was asked", async () => {
    const { clock, connection, guard } = guarded();
    await clock.advance(10_000);
    guard.asked();
    await clock.advance(1_500);
    guard.asked();
    await clock.advance(20_000);
    expect(connection.droppedAtMs).toEqual([12_000]);
  });

  test("is dropped again and again while it is asked and nothing comes", async () => {
    const { clock, connection, guard } = guarded();
    for (let atMs = 0; atMs < 9_000; atMs += 500) {
      guard.asked();
      await clock.advance(500);
    }
    expect(connection.droppedAtMs).toEqual([2_000, 4_000, 6_000, 8_000]);
  });

  test("is left alone while anything comes, late or not", async () => {
    const { clock, connection, guard } = guarded();
    for (let answer = 0; answer < 10; answer += 1) {
      guard.asked();
      await clock.advance(1_900);
      connection.heard += 1;
    }
    await clock.advance(20_000);
    expect(connection.droppedAtMs).toEqual([]);
  });

  test("is judged from the first question after the last word", async () => {
    const { clock, connection, guard } = guarded();
    guard.asked();
    await clock.advance(100);
    connection.heard += 1;
    await clock.advance(1_400);
    guard.asked();
    await clock.advance(20_000);
    expect(connection.droppedAtMs).toEqual([3_500]);
  });

  test("is not dropped for what came while this process was held up", async () => {
    const { clock, connection } = guarded();
    const closed = new AbortController().signal;
    // Timers are served before sockets are read.
    const late: Clock = {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      sleep: async (ms, signal) => {
        await clock.sleep(ms, signal);
        setImmediate(() => (connection.heard += 1));
      },
    };
    const deps = { connection, clock: late, requestTimeoutMs: REQUEST_TIMEOUT_MS, closed };
    new SilenceGuard(deps).asked();
    await clock.advance(20_000);
    expect(connection.droppedAtMs).toEqual([]);
  });

  test("has as long as a request may take", async () => {
    const { clock, connection, guard } = guarded(5_000);
    guard.asked();
    await clock.advance(20_000);
    expect(connection.droppedAtMs).toEqual([5_000]);
  });

  test("that was accepted has more time for the first word", async () => {
    const { clock, connection, guard } = guarded();
    connection.isFresh = true;
    guard.asked();
    await clock.advance(30_000);
    expect(connection.droppedAtMs).toEqual([15_000]);
  });

  test("is watched only while it is asked, and until the store is closed", async () => {
    const { clock, connection, guard, closing } = guarded();
    guard.asked();
    await clock.advance(10_000);
    expect(clock.sleepers).toBe(0);
    guard.asked();
    closing.abort();
    await clock.advance(10_000);
    expect([connection.droppedAtMs, clock.sleepers]).toEqual([[2_000], 0]);
  });
});
