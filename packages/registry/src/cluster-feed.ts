import { clusterChangeOf } from "./cluster-change.ts";
import { clusterSnapshotOf } from "./cluster-snapshot.ts";
import type { RegistryContext } from "./context.ts";
import { followRanges } from "./feed.ts";
import type { ClusterSink } from "./registry.ts";
import type { Revision, WatchEvent } from "./store.ts";

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
  const { keys } = context;
  const ranges = [keys.spanning("assignments", "machines"), keys.spanning("unit-files", "units")];
  const tell = (events: readonly WatchEvent[], revision: Revision): void => {
    const changes = events.flatMap((event) => clusterChangeOf(keys, event) ?? []);
    if (changes.length > 0) sink.changes(changes, revision);
  };
  await followRanges(
    ranges,
    {
      listed: (list, since) => {
        if (since === undefined) sink.snapshot(clusterSnapshotOf(keys, list));
        else tell(since, list.revision);
      },
      changed: tell,
      live: (live) => sink.live(live),
    },
    context,
    signal,
  );
}
