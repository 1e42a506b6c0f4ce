import type { Clock } from "@fleet/core";

/** A clock that runs `factor` times as fast as the real one. */
export function scaledClock(factor: number): Clock {
  const monotonicMs = (): number => performance.now() * factor;
  return {
    nowMs: monotonicMs,
    monotonicMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener("abort", done);
          resolve();
        };
        const timer = setTimeout(done, ms / factor);
        signal.addEventListener("abort", done);
      }),
  };
}
