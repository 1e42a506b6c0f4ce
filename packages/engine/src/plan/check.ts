import { refusalToStay, type Candidate, type MachineId, type UnitName } from "@fleet/core";
import type { Cluster } from "../model/cluster.ts";
import { covers, type Scope } from "../model/marks.ts";
import { circularPartners } from "./circular.ts";
import type { UnassignCause } from "./decision.ts";
import { leave, type Pass } from "./pass.ts";
import { outranks } from "./rank.ts";

/** Takes a placed unit off every machine in `scope` where it may not stay. */
export function checkPlacements(pass: Pass, name: UnitName, scope: Scope): void {
  const { cluster } = pass;
  if (cluster.units.isFrozen(name)) return;
  pass.checked.add(name);
  for (const id of placesInOrder(cluster, name, scope)) {
    const cause = causeToLeave(pass, name, id);
    if (cause !== undefined) leave(pass, name, id, cause);
    else markNeighbours(pass, name, id);
  }
  pass.work.enter(name, "anywhere");
}

/**
 * Present machines come first, so that an entry on one that is away is given up only for a place
 * that holds. A unit that is not global has one place: all of its entries are looked at together.
 */
function placesInOrder(cluster: Cluster, name: UnitName, scope: Scope): readonly MachineId[] {
  const whole = cluster.units.candidate(name)?.global === true ? scope : "anywhere";
  const ids = [...cluster.placementsOf(name).keys()].filter((id) => covers(whole, id)).toSorted();
  const present = ids.filter((id) => cluster.machines.isPresent(id));
  return [...present, ...ids.filter((id) => !cluster.machines.isPresent(id))];
}

function causeToLeave(pass: Pass, name: UnitName, id: MachineId): UnassignCause | undefined {
  const { cluster } = pass;
  const unit = cluster.units.stored(name);
  if (unit === undefined) return { kind: "destroyed" };
  if (unit.targetState === "inactive") return { kind: "target-inactive" };
  const candidate = cluster.units.candidate(name);
  const standing = cluster.machines.standing(id, candidate?.moveAfterMs);
  if (standing === "forgotten") return { kind: "machine-gone" };
  if (standing === "held") return undefined;
  if (candidate === undefined) return undefined;
  return surplus(pass, candidate, id) ?? refused(pass, candidate, id);
}

/** A unit that is not global has one place: the lowest ID among present machines. */
function surplus(pass: Pass, unit: Candidate, id: MachineId): UnassignCause | undefined {
  if (unit.global) return undefined;
  const { machines } = pass.cluster;
  const places = [...pass.cluster.placementsOf(unit.name).keys()];
  const kept = places.filter((place) => machines.isPresent(place)).toSorted()[0];
  if (kept === undefined || kept === id) return undefined;
  return { kind: "surplus", on: kept };
}

function refused(pass: Pass, unit: Candidate, id: MachineId): UnassignCause | undefined {
  const { cluster } = pass;
  if (!cluster.machines.isPresent(id)) return undefined;
  const yieldsTo = (other: UnitName): boolean => outranks(cluster, other, unit.name);
  const refusal = refusalToStay(unit, cluster.loadOf(id), yieldsTo);
  return refusal && { kind: "refused", refusal };
}

/** A unit that stays may be what pushes others out. */
function markNeighbours(pass: Pass, name: UnitName, id: MachineId): void {
  const { cluster, work } = pass;
  const unit = cluster.units.candidate(name);
  if (unit === undefined) return;
  if (circularPartners(cluster, unit).length > 0) work.replaced.add(name, "anywhere");
  if (!cluster.machines.isPresent(id)) return;
  const neighbours = cluster.loadOf(id).units;
  for (const match of neighbours.conflictsOf(unit)) work.check(match.with, id);
  for (const match of neighbours.replacedBy(unit)) work.replaced.add(match.with, id);
  if (neighbours.replacersOf(unit).length > 0) work.replaced.add(name, id);
}
