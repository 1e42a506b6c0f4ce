import type { MachineId, UnitName, UnitState } from "@fleet/core";
import type { LeavingUnit } from "@fleet/registry";
import type { Cluster } from "../model/cluster.ts";
import { arrivalOf, type Placed } from "../model/placed.ts";
import type { Standing } from "../model/absence.ts";
import type { Task } from "./decision.ts";
import { heldEntry } from "./hand-over.ts";
import { isInTheWay, keptPeers } from "./in-the-way.ts";

/** What a machine says of a unit; undefined: nothing, or that is not known yet. */
export type StateOf = (unit: UnitName, machine: MachineId) => UnitState | undefined;

/** How long a leaving copy stays. */
export type Stay =
  | { readonly kind: "end" }
  | { readonly kind: "stop" }
  /** Until one of these machines says something else of the unit, or the cluster changes. */
  | { readonly kind: "wait"; readonly machines: readonly MachineId[]; readonly fate?: Fate };

/**
 * What became of the new copy, where it will not be active unless somebody sees to it: it failed, it ended without a failure,
 * or a condition in its file kept it from being started.
 */
export type Fate = "failed" | "ended" | "skipped";

const END: Stay = { kind: "end" };
const STOP: Stay = { kind: "stop" };
const UNTIL_THE_CLUSTER_CHANGES: Stay = { kind: "wait", machines: [] };

/**
 * Whether a copy of a unit may go from the machine that the unit was moved off. Pure. Nothing is
 * concluded from a machine's silence: only what it says of the unit under its present lease counts.
 */
export function stayOf(cluster: Cluster, copy: LeavingUnit, stateOf: StateOf): Stay {
  const { unit, machine, step } = copy;
  if (cluster.units.isFrozen(unit) || cluster.placementsOf(unit).has(machine)) {
    return UNTIL_THE_CLUSTER_CHANGES;
  }
  const standing = standingFor(cluster, copy);
  if (standing === "forgotten" || cluster.machines.hasLeft(machine)) return END;
  if (step === "keep" && !isWanted(cluster, unit)) return END;
  if (standing === "present") return stayOnPresent(cluster, copy, stateOf);
  if (standing === "gone" && step === "stop") return END;
  // It may come back with the unit still running. Where nobody waits for that, what is kept for it goes as soon as it may.
  return cluster.machines.isDeparted(machine)
    ? untilActive(cluster, copy, stateOf)
    : UNTIL_THE_CLUSTER_CHANGES;
}

/** Whether the unit is to run, on one machine, and has one. Where it may run nowhere it is stopped everywhere. */
function isWanted(cluster: Cluster, unit: UnitName): boolean {
  const { units } = cluster;
  const isLaunched = units.stored(unit)?.targetState === "launched";
  const isGlobal = units.candidate(unit)?.global === true;
  return isLaunched && !isGlobal && cluster.placementsOf(unit).size > 0;
}

function standingFor(cluster: Cluster, { unit, machine }: LeavingUnit): Standing {
  return cluster.machines.standing(machine, cluster.moveAfterMs(unit));
}

function stayOnPresent(cluster: Cluster, copy: LeavingUnit, stateOf: StateOf): Stay {
  const { unit, machine, step } = copy;
  const state = stateOf(unit, machine);
  if (step === "stop") {
    // What it said before it heard of that does not count: a start may have been on its way.
    const isStopped = isOver(state) && state?.currentState !== "launched";
    return isStopped ? END : { kind: "wait", machines: [machine] };
  }
  if (isOver(state)) return END;
  if (cluster.units.candidate(unit)?.handover === "stop-first") return STOP;
  const stay = untilActive(cluster, copy, stateOf);
  if (stay.kind === "wait") return { ...stay, machines: [machine, ...stay.machines] };
  if (isFollowing(cluster, copy, stateOf)) {
    const places = cluster.placementsOf(unit).keys();
    return { kind: "wait", machines: [machine, ...places] };
  }
  return isInTheWay(cluster, copy) ? STOP : stay;
}

/** Whether a unit that it follows (`MachineOf=`) still has to stay there: on its own it may be of no use to that. */
function isFollowing(cluster: Cluster, copy: LeavingUnit, stateOf: StateOf): boolean {
  return keptPeers(cluster, copy).some(
    (peer) => untilActive(cluster, peer, stateOf).kind === "wait",
  );
}

/** Until the unit runs where it was moved to. */
function untilActive(cluster: Cluster, { unit, machine }: LeavingUnit, stateOf: StateOf): Stay {
  const place = presentPlace(cluster, cluster.placementsOf(unit));
  if (place === undefined) return UNTIL_THE_CLUSTER_CHANGES;
  const wait: Stay = { kind: "wait", machines: [place.machine] };
  const there = stateOf(unit, place.machine);
  if (there?.hash !== place.hash) return wait;
  if (there.activeState === "active") return END;
  const fate = fateOf(there, place);
  // What is not active on its old machine either is one that only ever ends, such as a oneshot: nothing is amiss.
  const isMissed = fate === "failed" || stateOf(unit, machine)?.activeState === "active";
  return fate !== undefined && isMissed ? { ...wait, fate } : wait;
}

function fateOf(there: UnitState, { isStarted }: Place): Fate | undefined {
  if (there.activeState === "failed" || (there.error !== undefined && isStarted)) return "failed";
  if (there.activeState !== "inactive" || there.currentState !== "launched") return undefined;
  if (there.isSkipped === true || there.result === "exec-condition") return "skipped";
  // Without a time it has never been anything else: its start is under way.
  return there.result === "success" && there.sinceMs !== undefined ? "ended" : undefined;
}

/** Units that may start now where they were only loaded, or that wait for something else than is told. */
export function releases(cluster: Cluster): readonly Task[] {
  const tasks: Task[] = [];
  for (const unit of [...cluster.arriving].toSorted()) {
    for (const [on, placed] of cluster.placementsOf(unit)) {
      const told = arrivalOf(placed);
      if (told === undefined || placed === "unreadable") continue;
      const entry = heldEntry(cluster, placed, on);
      if (arrivalOf(entry) !== told) tasks.push({ kind: "update", unit, on, entry });
    }
  }
  return tasks;
}

function isOver(state: UnitState | undefined): boolean {
  return state?.activeState === "inactive" || state?.activeState === "failed";
}

interface Place {
  readonly machine: MachineId;
  readonly hash: string;
  /** Or it waits there for something to end. */
  readonly isStarted: boolean;
}

function presentPlace(cluster: Cluster, places: ReadonlyMap<MachineId, Placed>): Place | undefined {
  for (const [machine, placed] of places) {
    if (placed === "unreadable" || !cluster.machines.isPresent(machine)) continue;
    return { machine, hash: placed.hash, isStarted: placed.move === undefined };
  }
  return undefined;
}
