import type { Clock } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { describe, expect, test } from "vitest";

import type { ConnectionStage } from "./connection.ts";
import { SilenceGuard } from "./silence-guard.ts";

const REQUEST_TIMEOUT_MS = 1_000;

/** A connection to a member that says what the test has it say. */
class Line {
  heard = 0;
  stage: ConnectionStage = "speaking";
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

async function askFor(
  ms: number,
  { clock, guard }: { clock: ManualClock; guard: SilenceGuard },
): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= 500) {
    guard.asked();
    await clock.advance(500);
  }
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

  test("is opened again and again while it is asked and nothing comes", async () => {
    const { clock, connection, guard } = guarded();
    await askFor(2_000, { clock, guard });
    connection.stage = "connecting";
    await askFor(11_000, { clock, guard });
    expect(connection.droppedAtMs).toEqual([2_000, 6_000, 10_000]);
  });

  test("has twice the time of one before it that may only have been slow, for a minute", async () => {
    const { clock, connection, guard } = guarded();
    await askFor(28_500, { clock, guard });
    expect(connection.droppedAtMs).toEqual([2_000, 6_000, 14_000]);
    connection.heard += 1;
    await clock.advance(60_000);
    guard.asked();
    await clock.advance(20_000);
    expect(connection.droppedAtMs.slice(3)).toEqual([clock.monotonicMs() - 18_000]);
  });

  test("has no more time than ever after a cut", async () => {
    const { clock, connection, guard } = guarded();
    await askFor(2_000, { clock, guard });
    connection.stage = "connecting";
    await askFor(4_000, { clock, guard });
    connection.stage = "speaking";
    connection.heard += 1;
    await askFor(2_000, { clock, guard });
    expect(connection.droppedAtMs).toEqual([2_000, 6_000, 8_000]);
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
    connection.stage = "accepted";
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
