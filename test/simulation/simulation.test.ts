import type { Store } from "@fleet/registry";
import { expect, test } from "vitest";

import {
  withEarlyAnswers,
  withHalfLists,
  withHastyLeases,
  withNobodySilent,
  withoutFence,
  withoutHandOver,
  withShortPages,
} from "./planted-faults.ts";
import { runSeed } from "./run-seed.ts";
import { ApiPool } from "./served-api.ts";
import { BrokenPromise } from "./simulation.ts";

const SEEDS = Number(process.env["SEEDS"] ?? 2_000);
const FIRST_SEED = Number(process.env["FIRST_SEED"] ?? 1);
/** A fault that is built in is found by then. */
const SEEDS_TO_FIND = 2_000;
const TIMEOUT_MS = 24 * 60 * 60 * 1_000;

/** More than are started in any history. */
const DAEMONS_MAX = 24;
const apis = await ApiPool.open(DAEMONS_MAX);

/** The first promise that a seed from `first` on breaks. */
async function firstBroken(
  first: number,
  count: number,
  plant: (store: Store) => Store = (store) => store,
): Promise<string | undefined> {
  for (let seed = first; seed < first + count; seed += 1) {
    try {
      await runSeed(seed, { apis, plant });
    } catch (error) {
      if (error instanceof BrokenPromise) return error.message;
      throw error;
    }
  }
  return undefined;
}

test(`${SEEDS} histories keep every promise`, { timeout: TIMEOUT_MS }, async () => {
  expect(await firstBroken(FIRST_SEED, SEEDS)).toBeUndefined();
});

test.for([
  ["an engine without a fence", withoutFence],
  ["acting on half a list", withHalfLists],
  ["stopping before the new copy is up", withoutHandOver],
  ["taking back what may have been announced", withHastyLeases],
  ["taking everybody for alive", withNobodySilent],
  ["acknowledging before it is written", withEarlyAnswers],
  ["telling a part of a list as all of it", withShortPages],
] as const)("%s is found", { timeout: TIMEOUT_MS }, async ([, plant]) => {
  expect(await firstBroken(1, SEEDS_TO_FIND, plant)).toMatch(/^seed \d+: /);
});
