import {
  explain,
  unreachable,
  type MachineId,
  type Refusal,
  type UnitHash,
  type UnitName,
} from "@fleet/core";
import type { ScheduleEntry } from "@fleet/registry";

/** Why a unit leaves a machine. */
export type UnassignCause =
  /** Nobody wants it to run. */
  | { readonly kind: "target-inactive" }
  /** There is no such unit any more. */
  | { readonly kind: "destroyed" }
  /** The machine is away and another one accepts the unit. */
  | { readonly kind: "machine-gone" }
  /** The machine does not accept it any more. */
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** It makes room for a unit that replaces it, or for one that it follows. */
  | { readonly kind: "displaced"; readonly by: UnitName }
  /** It is on another machine as well. */
  | { readonly kind: "surplus"; readonly on: MachineId }
  /** It had left before, and what marked that was removed or broken. */
  | { readonly kind: "mark-lost" };

/** One thing that a pass wants changed, or wants known. */
export type Decision =
  | {
      readonly kind: "assign";
      readonly unit: UnitName;
      readonly to: MachineId;
      readonly entry: ScheduleEntry;
    }
  /** Same machine, another version or target state. */
  | {
      readonly kind: "update";
      readonly unit: UnitName;
      readonly on: MachineId;
      readonly entry: ScheduleEntry;
    }
  | {
      readonly kind: "unassign";
      readonly unit: UnitName;
      readonly from: MachineId;
      readonly cause: UnassignCause;
    }
  /**
   * It moves to another machine and leaves this one only once it runs there (`keep`), or is stopped
   * here first (`stop`). Without a cause: it was leaving before.
   */
  | {
      readonly kind: "leave";
      readonly unit: UnitName;
      readonly from: MachineId;
      readonly hash: UnitHash;
      readonly step: "keep" | "stop";
      readonly cause: UnassignCause | undefined;
    }
  /** It has left: nothing of it is needed there any more. */
  | { readonly kind: "end-leaving"; readonly unit: UnitName; readonly from: MachineId }
  /** Nothing can be done for it now; `refusalsOf` tells each machine's reason. */
  | { readonly kind: "wait"; readonly unit: UnitName }
  /** It moves off a machine that is gone, but so many do that this one has to wait its turn. */
  | { readonly kind: "postpone"; readonly unit: UnitName };

/** A decision that something is to be written for. */
export type Task = Exclude<Decision, { readonly kind: "wait" | "postpone" }>;

export function isTask(decision: Decision): decision is Task {
  return decision.kind !== "wait" && decision.kind !== "postpone";
}

/** The reason of a decision that changes something, in fleet's words. */
export function reasonOf(decision: Task): string {
  switch (decision.kind) {
    case "assign":
      return `target state ${decision.entry.targetState} and unit not scheduled`;
    case "update":
      return "unit or its target state changed";
    case "unassign":
      return causeInWords(decision.cause, decision.from);
    case "leave":
      return decision.cause === undefined
        ? "unit runs on its new machine"
        : causeInWords(decision.cause, decision.from);
    case "end-leaving":
      return "unit is not needed here any more";
    default:
      return unreachable(decision);
  }
}

function causeInWords(cause: UnassignCause, machine: MachineId): string {
  switch (cause.kind) {
    case "target-inactive":
      return "target state inactive";
    case "destroyed":
      return "unit destroyed";
    case "machine-gone":
      return `target Machine(${machine}) went away`;
    case "refused":
      return `target Machine(${machine}) unable to run unit: ${explain(cause.refusal)}`;
    case "displaced":
      return `target Machine(${machine}) unable to run unit: found replace with locally-scheduled Unit(${cause.by})`;
    case "surplus":
      return `unit also scheduled to Machine(${cause.on})`;
    case "mark-lost":
      return "unit is leaving and its mark was lost";
    default:
      return unreachable(cause);
  }
}
