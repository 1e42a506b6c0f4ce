import type { Clock } from "@fleet/core";

/**
 * A clock that stands still but for those who sleep: a sleep takes no time, moves the clock by as much as was asked
 * for, and ends once `settled` says that everybody else has done their part.
 */
export function steppedClock(settled: () => Promise<void>): Clock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (ms, signal) => {
      await settled();
      if (!signal.aborted) nowMs += ms;
    },
  };
}
