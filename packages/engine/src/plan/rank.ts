import type { UnitName } from "@fleet/core";
import type { Cluster } from "../model/cluster.ts";

/**
 * Who stays when two units on one machine exclude each other: the lower rank, then the lower name.
 * One that cannot be changed now comes first, then those placed as they are, then those whose file
 * changed since: what changed yields. A unit that is not wanted any more leaves before all that.
 */
export function rankOf(cluster: Cluster, name: UnitName): number {
  const { units } = cluster;
  const unit = units.stored(name);
  if (units.isFrozen(name) || unit === undefined || unit.targetState === "inactive") return 0;
  for (const placed of cluster.placementsOf(name).values()) {
    if (placed !== "unreadable" && placed.hash !== unit.hash) return 2;
  }
  return 1;
}

export function outranks(cluster: Cluster, a: UnitName, b: UnitName): boolean {
  const difference = rankOf(cluster, a) - rankOf(cluster, b);
  return difference === 0 ? a < b : difference < 0;
}
