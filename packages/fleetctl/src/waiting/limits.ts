import type { Clock } from "@fleet/core";

import type { WaitOptions } from "./wait-flags.ts";

/** One attempt of `--block-attempts`. */
const ATTEMPT_MS = 2000;

/** How long a command waits; undefined stands for ever. */
export interface WaitLimits {
  /** For each single wait. */
  readonly attemptsMs: number | undefined;
  /** For the whole command. */
  readonly timeoutMs: number | undefined;
  /** When the command began, on the clock's monotonic scale. */
  readonly startedMs: number;
}

/** When a wait has to be over, and the limit that says so. */
export interface EndOfWait {
  readonly atMs: number;
  readonly limitMs: number;
}

/** The limits of a command that begins now. */
export function waitLimits(options: WaitOptions, clock: Clock): WaitLimits {
  const { blockAttempts, timeout } = options;
  return {
    attemptsMs: blockAttempts > 0 ? blockAttempts * ATTEMPT_MS : undefined,
    timeoutMs: timeout > 0 ? timeout : undefined,
    startedMs: clock.monotonicMs(),
  };
}

/** Whichever limit comes first for a wait that begins now. */
export function endOfWait(limits: WaitLimits, clock: Clock): EndOfWait {
  const { attemptsMs = Infinity, timeoutMs = Infinity, startedMs } = limits;
  const attempts = { atMs: clock.monotonicMs() + attemptsMs, limitMs: attemptsMs };
  const timeout = { atMs: startedMs + timeoutMs, limitMs: timeoutMs };
  return attempts.atMs < timeout.atMs ? attempts : timeout;
}

/** Waits for ever. */
export const NO_LIMITS: WaitLimits = {
  attemptsMs: undefined,
  timeoutMs: undefined,
  startedMs: 0,
};
