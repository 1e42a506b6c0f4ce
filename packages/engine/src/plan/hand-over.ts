import type { MachineId, UnitName } from "@fleet/core";
import type { LeavingUnit, ScheduleEntry } from "@fleet/registry";
import type { Cluster } from "../model/cluster.ts";
import { isStarted } from "../model/placed.ts";
import { isTask, type Decision } from "./decision.ts";
import { waitsFor } from "./in-the-way.ts";

type Unassign = Extract<Decision, { readonly kind: "unassign" }>;
type Leave = Extract<Decision, { readonly kind: "leave" }>;

/**
 * Turns a plan's moves into hand-overs: the unit leaves its old machine only once it runs on the new
 * one, or, where its file says so, starts there only once it is stopped. What comes to where a
 * leaving unit is in its way waits for it. Pure: the cluster is left as it was.
 */
export function handOver(cluster: Cluster, decisions: readonly Decision[]): readonly Decision[] {
  if (!decisions.some(isTask)) return decisions;
  const placeOf = placesAfter(cluster, decisions);
  const added: Leave[] = [];
  const parted = decisions.map((decision): Decision => {
    const wished = decision.kind === "unassign" && leaveOf(cluster, decision, placeOf);
    if (!wished) return decision;
    cluster.setLeaving(leavingOf(wished));
    added.push(wished);
    return wished;
  });
  const held = parted.map((decision) => heldBack(cluster, decision));
  for (const { unit, from } of added) cluster.endLeaving(unit, from);
  return held;
}

export function leavingOf({ unit, from, hash, step }: Omit<Leave, "cause">): LeavingUnit {
  return { unit, machine: from, hash, step };
}

/** Marks a copy that had left before, and of which only the machine's work list says so. */
export function markAgain({ unit, machine, hash, step }: LeavingUnit): Leave {
  return { kind: "leave", unit, from: machine, hash, step, cause: { kind: "mark-lost" } };
}

/**
 * How the unit leaves, if not at once. One that must be stopped first has to be seen to have stopped, also where it is not to
 * run, for it may be stopping still, and where nobody wants it any more: somebody may, a moment later.
 */
function leaveOf(
  cluster: Cluster,
  { unit, from, cause }: Unassign,
  placeOf: (unit: UnitName) => MachineId | undefined,
): Leave | undefined {
  const { units, machines } = cluster;
  const placed = cluster.placementsOf(unit).get(from);
  if (typeof placed !== "object") return undefined;
  if (machines.hasLeft(from) || machines.standing(from) === "forgotten") return undefined;
  const candidate = units.candidate(unit) ?? units.candidateOfFile(unit, placed.hash);
  if (candidate === undefined || candidate.global) return undefined;
  const leave: Leave = { kind: "leave", unit, from, hash: placed.hash, step: "keep", cause };
  if (candidate.handover === "stop-first") {
    const isGone = machines.standing(from, candidate.moveAfterMs) === "gone";
    return isGone ? undefined : { ...leave, step: "stop" };
  }
  const mayRunOn = isStarted(placed) && units.isWanted(unit) && placeOf(unit) !== undefined;
  return mayRunOn ? leave : undefined;
}

/** What is to start on a machine is only loaded there for as long as something has to end first. */
function heldBack(cluster: Cluster, decision: Decision): Decision {
  if (decision.kind !== "assign" && decision.kind !== "update") return decision;
  const machine = decision.kind === "assign" ? decision.to : decision.on;
  if (isStarted(cluster.placementsOf(decision.unit).get(machine))) return decision;
  return { ...decision, entry: heldEntry(cluster, decision.entry, machine) };
}

/** The entry as it is to be written now: with what it waits for, if it does. */
export function heldEntry(
  cluster: Cluster,
  { unit, hash, targetState }: ScheduleEntry,
  machine: MachineId,
): ScheduleEntry {
  const entry = { unit, hash, targetState };
  const reason = targetState === "launched" ? waitsFor(cluster, unit, machine) : undefined;
  return reason === undefined ? entry : { ...entry, move: { kind: "arriving", waitsFor: reason } };
}

/** Where each unit that is not global is once the decisions are carried out. */
function placesAfter(
  cluster: Cluster,
  decisions: readonly Decision[],
): (unit: UnitName) => MachineId | undefined {
  const coming = new Map<UnitName, MachineId>();
  const going = new Map<UnitName, Set<MachineId>>();
  for (const decision of decisions) {
    if (decision.kind === "assign") coming.set(decision.unit, decision.to);
    if (decision.kind !== "unassign") continue;
    going.set(decision.unit, (going.get(decision.unit) ?? new Set()).add(decision.from));
  }
  return (unit) => {
    const to = coming.get(unit);
    if (to !== undefined) return to;
    const places = [...cluster.placementsOf(unit).keys()].toSorted();
    return places.find((id) => cluster.machines.isPresent(id) && !going.get(unit)?.has(id));
  };
}
