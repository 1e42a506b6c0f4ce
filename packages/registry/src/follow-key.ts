import { type FeedDeps, followRanges } from "./feed.ts";
import { keyAfter } from "./pages.ts";
import type { KeyValue } from "./store.ts";

/**
 * Tells what one key is, then every change of it (undefined: it is not there), until `signal` aborts
 * or the store is closed. Reconnects by itself.
 */
export async function followKey(
  key: string,
  onItem: (item: KeyValue | undefined) => void,
  deps: FeedDeps,
  signal: AbortSignal,
): Promise<void> {
  await followRanges(
    [{ start: key, end: keyAfter(key) }],
    {
      listed: ({ items }) => onItem(items[0]),
      changed: (events) => {
        for (const event of events) onItem(event.kind === "put" ? event.item : undefined);
      },
      live: () => {},
    },
    deps,
    signal,
  );
}
