import { expect, test, vi } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { run, SLEEP, storeUnit } from "../../testing/cluster.ts";

const LIMIT = 10;

/** A cluster of `count` units that run on one machine, in pages of ten. */
async function withUnits(count: number): Promise<ApiUnderTest> {
  const api = await ApiUnderTest.open(() => ({ tokenLimit: LIMIT }));
  const names = Array.from({ length: count }, (_, n) => `u${String(n).padStart(4, "0")}.service`);
  for (const name of names) await storeUnit(api.registry, name, SLEEP, "launched");
  await run(api.registry, "m1", new Map(names.map((name) => [name, "launched"])));
  return api;
}

/** The most requests to the store that any page costs, when each is asked for with the last one's token. */
async function costliestPage(api: ApiUnderTest, path: string): Promise<number> {
  const calls = [vi.spyOn(api.store, "range"), vi.spyOn(api.store, "txn")];
  const costs: number[] = [];
  let query = "";
  for (;;) {
    for (const call of calls) call.mockClear();
    const page = JSON.parse((await api.ask(`GET ${path}${query}`))?.body ?? "") as {
      readonly nextPageToken?: string;
    };
    costs.push(calls.reduce((sum, { mock }) => sum + mock.calls.length, 0));
    if (page.nextPageToken === undefined) return Math.max(...costs);
    query = `?nextPageToken=${encodeURIComponent(page.nextPageToken)}`;
  }
}

test.for<[path: string, requests: number]>([
  ["/fleet/v1/units", 3],
  ["/fleet/v1/state", 2],
])("a page of %s costs %i requests, however many there are", async ([path, requests]) => {
  await using few = await withUnits(2 * LIMIT);
  await using many = await withUnits(20 * LIMIT);
  expect(await costliestPage(few, path)).toBe(requests);
  expect(await costliestPage(many, path)).toBe(requests);
});
