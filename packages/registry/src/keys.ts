import {
  type MachineId,
  parseUnitName,
  type UnitHash,
  UnitNameError,
  type UnitName,
} from "@fleet/core";

/** Half-open, in byte order. */
export interface KeyRange {
  readonly start: string;
  readonly end: string;
}

/** What a key of ours stands for. */
export type KeyMeaning =
  | { readonly kind: "unit"; readonly unit: UnitName }
  | { readonly kind: "unit-file"; readonly hash: UnitHash }
  | { readonly kind: "machine"; readonly machine: MachineId }
  | { readonly kind: "departed"; readonly machine: MachineId }
  | { readonly kind: "metadata"; readonly machine: MachineId; readonly name: string }
  | { readonly kind: "assignment"; readonly unit: UnitName; readonly machine: MachineId }
  | { readonly kind: "schedule"; readonly unit: UnitName; readonly machine: MachineId }
  | { readonly kind: "leaving"; readonly unit: UnitName; readonly machine: MachineId }
  /** Should name a unit or a machine and does not. */
  | { readonly kind: "malformed"; readonly problem: string }
  /** Nothing that this version knows. */
  | { readonly kind: "other" };

const NO_MACHINE: KeyMeaning = { kind: "malformed", problem: "names no machine" };
const HASH_PATTERN = /^[0-9a-f]{40}$/;

/** Every key of docs/keyspace.md. No key is put together or taken apart anywhere else. */
export class Keys {
  readonly prefix: string;

  /** `prefix` as configured, e.g. `/_coreos.com/fleet/`; a missing slash at its end is added. */
  constructor(prefix: string) {
    this.prefix = prefix.endsWith("/") ? prefix : `${prefix}/`;
  }

  readonly unit = (name: string): string => `${this.prefix}units/${name}`;
  readonly unitFile = (hash: string): string => `${this.prefix}unit-files/${hash}`;
  readonly machine = (id: string): string => `${this.prefix}machines/${id}/object`;
  readonly metadata = (id: string, name: string): string =>
    `${this.prefix}machines/${id}/metadata/${name}`;
  readonly assignment = (unit: string, machine: string): string =>
    `${this.prefix}assignments/${unit}/${machine}`;
  readonly schedule = (machine: string, unit: string): string =>
    `${this.prefix}schedule/${machine}/${unit}`;
  readonly leaving = (unit: string, machine: string): string =>
    `${this.prefix}leaving/${unit}/${machine}`;
  readonly state = (machine: string, unit: string): string =>
    `${this.prefix}states/${machine}/${unit}`;
  readonly departed = (id: string): string => `${this.prefix}machines/${id}/departed`;
  readonly waiting = (unit: string): string => `${this.prefix}waiting/${unit}`;
  /** What became of a file of this machine's drop directory. Outside what the engine watches. */
  readonly submission = (machine: string, file: string): string =>
    `${this.prefix}submissions/${machine}/${file}`;

  get heldMoves(): string {
    return `${this.prefix}held-moves`;
  }

  get leader(): string {
    return `${this.prefix}lease/engine-leader`;
  }

  /** Everything below a folder, named by its parts: `under("schedule", id)`. */
  under(...folders: readonly string[]): KeyRange {
    const start = `${this.prefix}${folders.join("/")}/`;
    return { start, end: afterFolder(start) };
  }

  /** From the first key below folder `from` to the last one below folder `to`. */
  spanning(from: string, to: string): KeyRange {
    return { start: this.under(from).start, end: this.under(to).end };
  }

  meaningOf(key: string): KeyMeaning {
    const [folder = "", first = "", second = "", third = "", ...rest] = key
      .slice(this.prefix.length)
      .split("/");
    if (rest.length > 0) return { kind: "other" };
    if (folder === "machines") return machineMeaning(first, second, third);
    if (third !== "") return { kind: "other" };
    try {
      return unitMeaning(folder, first, second);
    } catch (error) {
      if (!(error instanceof UnitNameError)) throw error;
      return { kind: "malformed", problem: error.message };
    }
  }
}

/** Where the keys below `folder` (which ends in a slash) are over: "0" is what follows "/". */
function afterFolder(folder: string): string {
  return `${folder.slice(0, -1)}0`;
}

function machineMeaning(id: string, part: string, name: string): KeyMeaning {
  if (id === "") return NO_MACHINE;
  const machine = id as MachineId;
  if (part === "object" && name === "") return { kind: "machine", machine };
  if (part === "departed" && name === "") return { kind: "departed", machine };
  if (part === "metadata" && name !== "") return { kind: "metadata", machine, name };
  return { kind: "other" };
}

/** @throws {UnitNameError} */
function unitMeaning(folder: string, first: string, second: string): KeyMeaning {
  switch (folder) {
    case "units":
      return second === "" ? { kind: "unit", unit: parseUnitName(first) } : { kind: "other" };
    case "unit-files": {
      const isHash = second === "" && HASH_PATTERN.test(first);
      return isHash ? { kind: "unit-file", hash: first as UnitHash } : { kind: "other" };
    }
    case "assignments":
      if (second === "") return NO_MACHINE;
      return { kind: "assignment", unit: parseUnitName(first), machine: second as MachineId };
    case "leaving":
      if (second === "") return NO_MACHINE;
      return { kind: "leaving", unit: parseUnitName(first), machine: second as MachineId };
    case "schedule":
      if (first === "") return NO_MACHINE;
      return { kind: "schedule", unit: parseUnitName(second), machine: first as MachineId };
    default:
      return { kind: "other" };
  }
}
