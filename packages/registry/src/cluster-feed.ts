import type { Logger } from "@fleet/core";

import { clusterChangeOf } from "./cluster-change.ts";
import { clusterSnapshotOf } from "./cluster-snapshot.ts";
import type { RegistryContext } from "./context.ts";
import { followRanges, type Listing } from "./feed.ts";
import type { ClusterSink } from "./registry.ts";
import type { Revision, WatchEvent } from "./store.ts";
import type { UnreadableEntry } from "./unreadable.ts";

/**
 * Follows everything that placement depends on: two ranges that leave out `schedule/` (the same as
 * `assignments/`, by machine) and `states/` (the busiest keys). The changes of one range are told in
 * the order of their revisions; those of the other may be a little ahead or behind.
 */
export async function followCluster(
  context: RegistryContext,
  sink: ClusterSink,
  signal: AbortSignal,
): Promise<void> {
  const { keys, log } = context;
  const ranges = [keys.spanning("assignments", "machines"), keys.spanning("unit-files", "units")];
  const tell = (events: readonly WatchEvent[], revision: Revision): void => {
    const changes = events.flatMap((event) => clusterChangeOf(keys, event) ?? []);
    for (const change of changes) if (change.kind === "unreadable") name(log, change.entry);
    if (changes.length > 0) sink.changes(changes, revision);
  };
  const tellAll = (list: Listing): void => {
    const snapshot = clusterSnapshotOf(keys, list);
    for (const entry of snapshot.unreadable) name(log, entry);
    sink.snapshot(snapshot);
  };
  await followRanges(
    ranges,
    {
      listed: (list, since) => {
        if (since === undefined) tellAll(list);
        else tell(since, list.revision);
      },
      changed: tell,
      live: (live) => sink.live(live),
    },
    context,
    signal,
  );
}

function name(log: Logger, entry: UnreadableEntry): void {
  log.error({ ...entry }, "value in etcd cannot be read: what it speaks of is left as it is");
}
