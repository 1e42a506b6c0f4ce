import type { Candidate, MachineId, UnitIndex, UnitName } from "@fleet/core";
import type { Marks } from "./marks.ts";

type Kept = Pick<UnitIndex, "conflictsOf" | "replacedBy">;

/** What of the cluster tells whom a change may affect. */
export interface Bystanders {
  readonly waiting: Kept & Pick<UnitIndex, "has">;
  readonly units: {
    readonly globals: Kept;
    followersOf(name: string): ReadonlySet<UnitName>;
  };
  placementsOf(name: UnitName): ReadonlyMap<MachineId, unknown>;
}

/**
 * Marks what may change when a unit leaves a machine: whom it kept away may come, and who follows
 * it may not stay.
 */
export function markDeparture(
  cluster: Bystanders,
  unit: Candidate,
  id: MachineId,
  marks: Marks,
): void {
  for (const kept of [cluster.waiting, cluster.units.globals]) {
    for (const match of kept.conflictsOf(unit)) marks.enter(match.with, id);
    for (const match of kept.replacedBy(unit)) marks.enter(match.with, id);
  }
  for (const follower of cluster.units.followersOf(unit.name)) {
    if (cluster.placementsOf(follower).has(id)) marks.check(follower, id);
  }
  marks.retryReplacers();
}

/** Marks what may change when a unit comes to a machine: its followers may come after it. */
export function markArrival(
  cluster: Bystanders,
  name: UnitName,
  id: MachineId,
  marks: Marks,
): void {
  for (const follower of cluster.units.followersOf(name)) {
    if (cluster.waiting.has(follower)) marks.enter(follower, id);
  }
  marks.retryReplacers();
}
