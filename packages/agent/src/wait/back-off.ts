/** Waits that double: `firstMs`, twice that, and so on, never more than `maxMs`. */
export interface BackOff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** A task on a unit that failed. What was in its way (a full disk) may be gone: the wish is met soon after. */
export const TASK_BACK_OFF: BackOff = { firstMs: 1_000, maxMs: 10_000 };
/** A registry or systemd that did not answer. */
export const PEER_BACK_OFF: BackOff = { firstMs: 250, maxMs: 5_000 };

const DOUBLINGS_MAX = 30;

/** How long to wait after `failures` failures in a row, at least 1. */
export function delayMs(backOff: BackOff, failures: number): number {
  const doublings = Math.min(failures - 1, DOUBLINGS_MAX);
  return Math.min(backOff.firstMs * 2 ** doublings, backOff.maxMs);
}
