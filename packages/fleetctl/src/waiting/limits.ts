import type { Clock } from "@fleet/core";

import type { WaitOptions } from "./wait-flags.ts";

/** One attempt of `--block-attempts`. */
const ATTEMPT_MS = 2000;

/** How long a command waits; its times are the clock's monotonic ones. */
export interface WaitLimits {
  /** For each single wait; undefined for ever. */
  readonly attemptsMs: number | undefined;
  /** For the whole command; undefined for ever. */
  readonly deadlineMs: number | undefined;
}

/** The limits of a command that begins now. */
export function waitLimits(options: WaitOptions, clock: Clock): WaitLimits {
  const { blockAttempts, timeout } = options;
  return {
    attemptsMs: blockAttempts > 0 ? blockAttempts * ATTEMPT_MS : undefined,
    deadlineMs: timeout > 0 ? clock.monotonicMs() + timeout : undefined,
  };
}

/** When a wait that begins now has to be over. */
export function endOfWait({ attemptsMs, deadlineMs }: WaitLimits, clock: Clock): number {
  const attemptsEndMs = attemptsMs === undefined ? Infinity : clock.monotonicMs() + attemptsMs;
  return Math.min(attemptsEndMs, deadlineMs ?? Infinity);
}

/** Waits for ever. */
export const NO_LIMITS: WaitLimits = { attemptsMs: undefined, deadlineMs: undefined };
