import type { UnitName } from "@fleet/core";

import type { RegistryContext } from "./context.ts";
import { followRanges, type Listing } from "./feed.ts";
import { keyAfter } from "./pages.ts";
import type { Revision, WatchEvent } from "./store.ts";

/** Watches the keys of single units, and tells of each that is not at the revision that was seen. */
export async function watchUnits(
  context: RegistryContext,
  seen: ReadonlyMap<UnitName, Revision>,
  onChange: (unit: UnitName) => void,
  signal: AbortSignal,
): Promise<void> {
  const { keys } = context;
  const ranges = [...seen.keys()].map((name) => {
    const start = keys.unit(name);
    return { start, end: keyAfter(start) };
  });
  const tellKey = (key: string): void => {
    const meaning = keys.meaningOf(key);
    if (meaning.kind === "unit") onChange(meaning.unit);
  };
  const tell = (events: readonly WatchEvent[]): void => {
    for (const event of events) tellKey(event.kind === "put" ? event.item.key : event.key);
  };
  const tellList = ({ items }: Listing): void => {
    const present = new Map(items.map((item) => [item.key, item.modRevision]));
    for (const [name, revision] of seen) {
      if ((present.get(keys.unit(name)) ?? 0) !== revision) onChange(name);
    }
  };
  const sink = {
    listed: (list: Listing, since: readonly WatchEvent[] | undefined) =>
      since === undefined ? tellList(list) : tell(since),
    changed: tell,
    live: () => {},
  };
  await followRanges(ranges, sink, context, signal);
}
