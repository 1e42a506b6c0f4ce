import { isEmpty, type Candidate, type Match } from "@fleet/core";
import type { Cluster } from "../model/cluster.ts";

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
