import { refusalFor, type MachineId, type Refusal, type UnitName } from "@fleet/core";
import type { Cluster } from "../model/cluster.ts";
import { Dirty } from "../model/marks.ts";
import { circularPartners } from "./circular.ts";
import { beginPass } from "./pass.ts";
import { enter } from "./place.ts";

/**
 * Why each present machine that a unit is not on refuses it, as things stand, by machine ID. Empty
 * for a unit that nobody wants; a machine that would accept it has no entry. Changes nothing.
 */
export function refusalsOf(cluster: Cluster, name: UnitName): ReadonlyMap<MachineId, Refusal> {
  const refusals = new Map<MachineId, Refusal>();
  const unit = cluster.units.candidate(name);
  if (unit === undefined || !cluster.units.isWanted(name)) return refusals;
  const pass = beginPass(cluster, new Dirty());
  const [partner] = circularPartners(cluster, unit);
  for (const id of [...cluster.machines.present()].toSorted()) {
    if (cluster.placementsOf(name).has(id)) continue;
    const refusal =
      (partner && circularRefusal(partner.with, partner.pattern)) ??
      (unit.global ? refusalFor(unit, cluster.loadOf(id)) : enter(pass, unit, id));
    pass.draft.undoTo(0);
    if (refusal !== undefined) refusals.set(id, refusal);
  }
  return refusals;
}

function circularRefusal(other: UnitName, pattern: string): Refusal {
  return { rule: "replaces", with: other, pattern, why: "circular" };
}
