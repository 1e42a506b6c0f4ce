import { assert, type MachineId, type UnitName } from "@fleet/core";
import type { ScheduleEntry } from "@fleet/registry";
import type { Cluster } from "../model/cluster.ts";
import type { Dirty } from "../model/marks.ts";
import type { UnassignCause } from "./decision.ts";
import { Draft } from "./draft.ts";
import { Work } from "./work.ts";

/** One run of the planner: the cluster it moves units on, and what it has found out so far. */
export interface Pass {
  readonly cluster: Cluster;
  readonly work: Work;
  readonly draft: Draft;
  /** Why units left machines in this pass, by unit and machine. */
  readonly causes: Map<string, UnassignCause>;
  /** The machine that a unit left in this pass: it goes back there if it may after all. */
  readonly homes: Map<UnitName, MachineId>;
  /** Placed units whose entries were looked at. */
  readonly checked: Set<UnitName>;
  /** Units for which a machine was sought. */
  readonly sought: Set<UnitName>;
  /** Units that would move off a machine that is gone if more were allowed to. */
  readonly postponed: Set<UnitName>;
  /** How many may still move off machines that are gone. */
  movesLeft: number;
}

export function beginPass(
  cluster: Cluster,
  dirty: Dirty,
  movesMax = Number.POSITIVE_INFINITY,
): Pass {
  const work = new Work(cluster, dirty);
  return {
    cluster,
    work,
    draft: new Draft(cluster, work),
    causes: new Map(),
    homes: new Map(),
    checked: new Set(),
    sought: new Set(),
    postponed: new Set(),
    movesLeft: movesMax,
  };
}

/** Takes a unit off a machine; it is then looked for another, if it is still wanted. */
export function leave(pass: Pass, unit: UnitName, machine: MachineId, cause: UnassignCause): void {
  const savepoint = pass.draft.savepoint();
  pass.draft.remove(unit, machine);
  noteCause(pass, unit, machine, cause);
  if (pass.cluster.machines.isPresent(machine)) pass.homes.set(unit, machine);
  pass.draft.keepFrom(savepoint);
  pass.work.enter(unit, "anywhere");
}

export function noteCause(
  pass: Pass,
  unit: UnitName,
  machine: MachineId,
  cause: UnassignCause,
): void {
  pass.causes.set(causeKey(unit, machine), cause);
}

export function causeKey(unit: UnitName, machine: MachineId): string {
  return `${unit}\n${machine}`;
}

/** The entry that a wanted unit is to have wherever it is placed. */
export function entryOf(cluster: Cluster, name: UnitName): ScheduleEntry {
  const unit = cluster.units.stored(name);
  assert(unit !== undefined && unit.targetState !== "inactive", `${name} is wanted`);
  return { unit: name, hash: unit.hash, targetState: unit.targetState };
}
