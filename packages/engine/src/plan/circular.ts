import { isEmpty, type Candidate, type Match, type UnitName } from "@fleet/core";
import type { Cluster } from "../model/cluster.ts";
import { leave, type Pass } from "./pass.ts";
import { outranks } from "./rank.ts";

const NONE: readonly Match[] = [];

/**
 * The placed units that replace `unit` and that it replaces in turn, lowest name first. Only one of
 * such a pair is ever placed, whichever machines there are.
 */
export function circularPartners(cluster: Cluster, unit: Candidate): readonly Match[] {
  if (isEmpty(unit.replaces)) return NONE;
  const replacers = new Set(cluster.units.replacers.replacersOf(unit).map((match) => match.with));
  return cluster.units.replacers
    .replacedBy(unit)
    .filter((match) => replacers.has(match.with) && cluster.placementsOf(match.with).size > 0)
    .toSorted((a, b) => (a.with < b.with ? -1 : 1));
}

/**
 * Leaves one of each circular pair that a placed unit is in: the one on a machine that is there, then
 * the one of better rank. Done once it is clear who stays at all, so that nobody gives up a place for
 * a partner that leaves as well.
 */
export function partCircular(pass: Pass, name: UnitName): void {
  const { cluster } = pass;
  const unit = cluster.units.candidate(name);
  if (unit === undefined) return;
  for (const { with: other } of circularPartners(cluster, unit)) {
    if (cluster.placementsOf(name).size === 0) return;
    if (hasBetterClaim(cluster, other, name)) leaveFor(pass, name, other);
    else leaveFor(pass, other, name);
  }
}

function hasBetterClaim(cluster: Cluster, a: UnitName, b: UnitName): boolean {
  return cluster.hasPlace(a) === cluster.hasPlace(b)
    ? outranks(cluster, a, b)
    : cluster.hasPlace(a);
}

function leaveFor(pass: Pass, name: UnitName, partner: UnitName): void {
  const { cluster } = pass;
  const unit = cluster.units.candidate(name);
  if (unit === undefined || cluster.units.isFrozen(name)) return;
  const match = circularPartners(cluster, unit).find((other) => other.with === partner);
  if (match === undefined) return;
  const { pattern } = match;
  const refusal = { rule: "replaces", with: partner, pattern, why: "circular" } as const;
  for (const id of [...cluster.placementsOf(name).keys()].toSorted()) {
    if (cluster.machines.standing(id, unit.moveAfterMs) === "held") continue;
    leave(pass, name, id, { kind: "refused", refusal });
  }
}
