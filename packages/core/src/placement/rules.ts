import { shortMachineId } from "../machine.ts";
import type { UnitName } from "../unit/unit-name.ts";
import type { Candidate } from "./candidate.ts";
import type { MachineLoad } from "./machine-load.ts";
import type { Refusal } from "./refusal.ts";
import { firstMatch } from "./unit-index.ts";

/** Whether another unit on the machine has the better claim to it. */
export type YieldsTo = (other: UnitName) => boolean;

type Rule = (unit: Candidate, load: MachineLoad, yieldsTo: YieldsTo) => Refusal | undefined;

/** What holds for as long as a unit is on a machine, in the order fleet checks it. */
const LASTING_RULES: readonly Rule[] = [checkMachineId, checkMetadata, checkPeers, checkConflicts];

/** What a unit must meet to come to a machine. */
const ENTRY_RULES: readonly Rule[] = [...LASTING_RULES, checkReplacers];

/**
 * The first rule that keeps `unit` from being placed on this machine beside the units that are
 * there, or undefined when it may run there. Whom the unit would itself replace is not looked at.
 */
export function refusalFor(unit: Candidate, load: MachineLoad): Refusal | undefined {
  return firstRefusal(ENTRY_RULES, unit, load, () => true);
}

/** The first rule that a unit breaks which is on this machine already; only `yieldsTo` can push it out. */
export function refusalToStay(
  unit: Candidate,
  load: MachineLoad,
  yieldsTo: YieldsTo,
): Refusal | undefined {
  return firstRefusal(LASTING_RULES, unit, load, yieldsTo);
}

/** `MachineID=` means a machine by its full or by its short ID. */
function checkMachineId(unit: Candidate, load: MachineLoad): Refusal | undefined {
  const wanted = unit.machineId;
  if (wanted === undefined || wanted === load.id || wanted === shortMachineId(load.id)) {
    return undefined;
  }
  return { rule: "machine-id", machine: load.id, wanted };
}

/** Every key must have one of the values it is asked for. */
function checkMetadata(unit: Candidate, load: MachineLoad): Refusal | undefined {
  for (const [key, wanted] of unit.metadata) {
    const found = load.metadata.get(key);
    if (found === undefined || !wanted.has(found)) {
      return { rule: "metadata", key, wanted: [...wanted], found };
    }
  }
  return undefined;
}

function checkPeers(unit: Candidate, load: MachineLoad): Refusal | undefined {
  const missing = unit.peers.find((peer) => peer === unit.name || !load.units.has(peer));
  return missing === undefined ? undefined : { rule: "peer", missing };
}

function checkConflicts(
  unit: Candidate,
  load: MachineLoad,
  yieldsTo: YieldsTo,
): Refusal | undefined {
  const conflicts = load.units.conflictsOf(unit);
  if (conflicts.length === 0) return undefined;
  const first = firstMatch(conflicts.filter((match) => yieldsTo(match.with)));
  return first === undefined ? undefined : { rule: "conflict", ...first };
}

/** A unit that another replaces does not come back to where that other is. */
function checkReplacers(unit: Candidate, load: MachineLoad): Refusal | undefined {
  const first = firstMatch(load.units.replacersOf(unit));
  if (first === undefined) return undefined;
  return { rule: "replaces", with: first.with, pattern: first.pattern, why: "replaced" };
}

function firstRefusal(
  rules: readonly Rule[],
  unit: Candidate,
  load: MachineLoad,
  yieldsTo: YieldsTo,
): Refusal | undefined {
  for (const rule of rules) {
    const refusal = rule(unit, load, yieldsTo);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
