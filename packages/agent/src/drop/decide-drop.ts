import { FleetError, type MachineId } from "@fleet/core";
import type { DropChange, DropRecord, DropView, DropWish, OriginUnit } from "@fleet/registry";
import type { DropFile } from "./read-drop-file.ts";

/** What to write because of one file, and in a word why; undefined when all is as it should be. */
export interface DropDecision {
  readonly outcome: DropOutcome;
  readonly change?: DropChange;
  /** What is recorded of the file from now on; undefined: nothing. */
  readonly record: DropRecord | undefined;
}

export type DropOutcome =
  /** There was no such unit. */
  | "submitted"
  /** The file changed. */
  | "replaced"
  /** The file changed to what the unit already is: another directory was faster. */
  | "confirmed"
  /** Another directory's unit, from the same file: both hold it now. */
  | "joined"
  /** The file is gone, and it was the last that held the unit. */
  | "destroyed"
  /** The file is gone, other directories hold the unit. */
  | "left"
  /** The file is gone, and the unit was not this directory's. */
  | "forgotten"
  /** The unit is somebody else's: it is not touched. */
  | "refused"
  /** The file cannot be used: the last good version keeps running. */
  | "invalid";

/** One file of one machine's drop directory (undefined: there is none), and what is stored under its name. */
export interface DropFacts {
  readonly machine: MachineId;
  readonly file: DropFile | undefined;
  readonly seen: Pick<DropView, "unit" | "record">;
}

type ValidFile = DropFile & { readonly kind: "valid" };

/**
 * What one file of one machine's drop directory means for the unit of its name. The record says which
 * version of the file took effect last: only a file that differs from it speaks, so a unit that was
 * stopped by a person stays stopped, and of two directories that hold a unit the last to change wins.
 */
export function decideDrop({ machine, file, seen }: DropFacts): DropDecision {
  const { unit, record } = seen;
  if (unit instanceof FleetError) {
    return { outcome: "refused", record: { ...record, problem: unit.message } };
  }
  if (file === undefined) return decideGone(machine, unit);
  if (file.kind === "invalid") {
    return { outcome: "invalid", record: { ...record, problem: file.problem } };
  }
  if (unit === undefined) return { outcome: "submitted", ...stored(file, [machine]) };
  if (unit.directories === undefined) {
    return refused("a unit of this name exists that no directory made");
  }
  if (unit.directories.includes(machine)) return decideOwn(file, unit, record);
  if (unit.hash === file.hash) {
    const directories = [...unit.directories, machine];
    return { outcome: "joined", change: { kind: "hold", directories }, ...recorded(file) };
  }
  const others = unit.directories.join(", ");
  return refused(`a unit of this name was made from another file, by the directory of ${others}`);
}

/** Whether a decision leaves everything as it is stored. */
export function isSettled(decision: DropDecision, record: DropRecord | undefined): boolean {
  return decision.change === undefined && isSameRecord(decision.record, record);
}

function decideOwn(
  file: ValidFile,
  unit: OriginUnit,
  record: DropRecord | undefined,
): DropDecision {
  const before = record?.submitted;
  const isThere = unit.hash === file.hash;
  const asksForTheSame = before?.targetState === file.targetState;
  const isUnchanged = before?.hash === file.hash && asksForTheSame;
  if (isUnchanged || (isThere && asksForTheSame)) {
    return { outcome: "confirmed", ...recorded(file) };
  }
  return { outcome: "replaced", ...stored(file, unit.directories ?? []) };
}

function decideGone(machine: MachineId, unit: OriginUnit | undefined): DropDecision {
  const directories = unit?.directories ?? [];
  if (!directories.includes(machine)) return { outcome: "forgotten", record: undefined };
  const others = directories.filter((id) => id !== machine);
  if (others.length === 0) {
    return { outcome: "destroyed", change: { kind: "destroy" }, record: undefined };
  }
  const change = { kind: "hold", directories: others } as const;
  return { outcome: "left", change, record: undefined };
}

function refused(problem: string): DropDecision {
  return { outcome: "refused", record: { problem } };
}

function stored(
  file: ValidFile,
  directories: readonly MachineId[],
): Pick<DropDecision, "change" | "record"> {
  const { targetState } = file;
  const change = { kind: "store", file: file.file, targetState, directories } as const;
  return { change, ...recorded(file) };
}

function recorded({ hash, targetState }: DropWish): Pick<DropDecision, "record"> {
  return { record: { submitted: { hash, targetState } } };
}

function isSameRecord(one: DropRecord | undefined, other: DropRecord | undefined): boolean {
  return recordText(one) === recordText(other);
}

function recordText(record: DropRecord | undefined): string {
  if (record === undefined) return "";
  const { submitted, problem } = record;
  return JSON.stringify([submitted?.hash, submitted?.targetState, problem]);
}
