import { expect, test } from "vitest";

import { inParallel, REQUESTS_MAX } from "./parallel.ts";

const tick = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

test("results stand in the order of the items, and no more than the limit run at once", async () => {
  let running = 0;
  let most = 0;
  const items = Array.from({ length: 3 * REQUESTS_MAX }, (_, index) => index);
  const results = await inParallel(items, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await tick();
    running -= 1;
    return -item;
  });
  expect(results).toEqual(items.map((item) => -item));
  expect(most).toBe(REQUESTS_MAX);
});

test("the failure of the earliest item is thrown, and nothing is begun after it", async () => {
  const begun: number[] = [];
  const items = Array.from({ length: 3 * REQUESTS_MAX }, (_, index) => index);
  const work = inParallel(items, async (item) => {
    begun.push(item);
    if (item === 1) await tick();
    if (item < 3) throw new Error(`item ${item}`);
  });
  await expect(work).rejects.toThrow("item 0");
  expect(begun).toHaveLength(REQUESTS_MAX);
});
