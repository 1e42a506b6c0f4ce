import { setTimeout as sleep } from "node:timers/promises";

import { messageOf, RigError } from "./rig-error.ts";

export interface UntilOptions {
  /** Give up after this time; absent: 15 s. */
  readonly withinMs?: number;
  /** Pause between two probes; absent: 100 ms. */
  readonly everyMs?: number;
}

/** What a probe says: done with a value, or what it saw instead. */
export type Seen<T> =
  | { readonly done: true; readonly value: T }
  | { readonly done: false; readonly saw: string };

const WITHIN_MS = 15_000;
const EVERY_MS = 100;

/**
 * Asks `probe` again and again until it is done. A probe that throws is asked again; what it threw is what was seen.
 * @throws {RigError} after `withinMs`, with `what` was waited for and what was seen last.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<Seen<T>> | Seen<T>,
  options: UntilOptions = {},
): Promise<T> {
  const { withinMs = WITHIN_MS, everyMs = EVERY_MS } = options;
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const seen = await attempt(probe);
    if (seen.done) return seen.value;
    if (performance.now() >= giveUpAt) {
      throw new RigError(`waited ${withinMs} ms until ${what}; last seen: ${seen.saw}`);
    }
    await sleep(everyMs);
  }
}

async function attempt<T>(probe: () => Promise<Seen<T>> | Seen<T>): Promise<Seen<T>> {
  try {
    return await probe();
  } catch (error) {
    return { done: false, saw: messageOf(error) };
  }
}
