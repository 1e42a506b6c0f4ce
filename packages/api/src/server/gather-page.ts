import type { Page, PageRequest } from "@fleet/registry";

/** Bounds what one request costs the store when much of what it reads says nothing. */
const READS_MAX = 16;

/**
 * Reads on while a page has fewer than `enough` entries: the registry's pages are short where part of
 * their range has nothing to show. After sixteen reads the client goes on with the next page.
 */
export async function gatherPage<T>(
  page: PageRequest,
  enough: number,
  read: (page: PageRequest) => Promise<Page<T>>,
): Promise<Page<T>> {
  const items: T[] = [];
  let { start } = page;
  for (let reads = 1; ; reads += 1) {
    const part = await read({ start, limit: page.limit - items.length });
    items.push(...part.items);
    const isDone = items.length >= enough || reads === READS_MAX;
    if (part.nextAfter === undefined) return { items };
    if (isDone) return { items, nextAfter: part.nextAfter };
    start = { kind: "after", key: part.nextAfter };
  }
}
