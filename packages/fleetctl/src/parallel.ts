/** Requests that one command may have on their way at once. */
export const REQUESTS_MAX = 8;

/**
 * Runs `work` for every item, at most `limit` at once, and resolves with the results in
 * the order of the items. After a failure no further item is begun; what had begun is awaited, then
 * the failure of the earliest item is thrown.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  limit = REQUESTS_MAX,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const failures: { readonly index: number; readonly error: unknown }[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failures.length > 0) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failures.push({ index, error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  const first = failures.toSorted((a, b) => a.index - b.index)[0];
  if (first !== undefined) throw first.error;
  return results;
}
