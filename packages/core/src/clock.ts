/**
 * Time as every other package sees it. The real one is `@fleet/core/system-clock`; tests
 * and the simulator drive their own. Durations are measured with `monotonicMs`, so a jump of the wall clock changes nothing.
 */
export interface Clock {
  /** Milliseconds since the epoch, for showing to people. May jump. */
  nowMs(): number;
  /** Milliseconds since some fixed point; never jumps and never goes back. */
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds or as soon as `signal` aborts; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
