import { setTimeout as sleep } from "node:timers/promises";

const WITHIN_MS = 15_000;
const EVERY_MS = 5;

/** Waits until `probe` holds; fails, naming `what`, when it does not within 15 s. */
export async function until(what: string, probe: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + WITHIN_MS;
  while (!(await probe())) {
    if (performance.now() > giveUpAt) throw new Error(`waited ${WITHIN_MS} ms until ${what}`);
    await sleep(EVERY_MS);
  }
}
