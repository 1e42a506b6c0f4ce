import type { MachineId, UnitName } from "@fleet/core";
import type { Cluster } from "../model/cluster.ts";

/** Units on a machine together with all on it that follow them, by name. */
export function companyOf(
  cluster: Cluster,
  names: readonly UnitName[],
  id: MachineId,
): readonly UnitName[] {
  const company = new Set(names);
  for (const name of company) {
    for (const follower of cluster.units.followersOf(name)) {
      if (cluster.placementsOf(follower).has(id)) company.add(follower);
    }
  }
  return [...company].toSorted();
}

/** Parts a company into those that have to stay together: joined by who follows whom. */
export function partsOf(
  cluster: Cluster,
  company: readonly UnitName[],
): readonly (readonly UnitName[])[] {
  const left = new Set(company);
  const parts: UnitName[][] = [];
  for (const start of company) {
    if (!left.delete(start)) continue;
    const part = new Set([start]);
    for (const name of part) {
      const tied = tiesOf(cluster, name).filter((other) => left.delete(other));
      for (const other of tied) part.add(other);
    }
    parts.push([...part].toSorted());
  }
  return parts;
}

function tiesOf(cluster: Cluster, name: UnitName): readonly UnitName[] {
  const peers = cluster.units.candidate(name)?.peers ?? [];
  return [...cluster.units.followersOf(name), ...(peers as readonly UnitName[])];
}
