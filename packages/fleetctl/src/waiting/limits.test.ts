import { ManualClock } from "@fleet/core/testing";
import { expect, test } from "vitest";

import { endOfWait, NO_LIMITS, waitLimits } from "./limits.ts";

test.for<[string, { blockAttempts?: number; timeout?: number }, object]>([
  ["nothing said waits for ever", {}, { atMs: Infinity, limitMs: Infinity }],
  ["attempts bound each wait", { blockAttempts: 3 }, { atMs: 7000, limitMs: 6000 }],
  ["fewer than none waits for ever", { blockAttempts: -1 }, { atMs: Infinity, limitMs: Infinity }],
  ["a timeout bounds the command", { timeout: 6000 }, { atMs: 6000, limitMs: 6000 }],
  ["a negative one waits for ever", { timeout: -1 }, { atMs: Infinity, limitMs: Infinity }],
  [
    "of both the earlier counts: attempts",
    { blockAttempts: 1, timeout: 6000 },
    { atMs: 3000, limitMs: 2000 },
  ],
  [
    "of both the earlier counts: timeout",
    { blockAttempts: 3, timeout: 6000 },
    { atMs: 6000, limitMs: 6000 },
  ],
])("%s", async ([, { blockAttempts = 0, timeout = 0 }, end]) => {
  const clock = new ManualClock();
  const limits = waitLimits({ blockAttempts, timeout }, clock);
  await clock.advance(1000);
  expect(endOfWait(limits, clock)).toEqual(end);
});

test("no limits are for ever", () => {
  expect(endOfWait(NO_LIMITS, new ManualClock()).atMs).toBe(Infinity);
});
