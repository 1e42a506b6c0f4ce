import {
  type MachineId,
  serialiseUnitFile,
  type TargetState,
  type UnitFile,
  unitHash,
  type UnitHash,
  type UnitName,
} from "@fleet/core";

import { decodeUnit } from "./codec.ts";
import type { RegistryContext } from "./context.ts";
import {
  decodeDirectories,
  decodeDropRecord,
  encodeDropRecord,
  encodeMadeUnit,
} from "./drop-codec.ts";
import { RegistryDataError } from "./errors.ts";
import { readPage } from "./pages.ts";
import { readMany } from "./read-many.ts";
import type { Page, PageRequest } from "./registry.ts";
import type { KeyValue, Operation, Revision } from "./store.ts";
import { watchUnits } from "./watch-units.ts";

/** What a machine's drop directory last asked for with one file. */
export interface DropWish {
  readonly hash: UnitHash;
  readonly targetState: TargetState;
}

/** What one file of a machine's drop directory came to. */
export interface DropRecord {
  /** The last version that took effect; absent when none did, or when the unit is not the file's any more. */
  readonly submitted?: DropWish;
  /** Why the file as it is now has no effect; absent when it has. */
  readonly problem?: string;
}

/** A unit as a drop directory sees it. */
export interface OriginUnit extends DropWish {
  /** The machines whose directories made the unit, in byte order; absent when the API made it. */
  readonly directories?: readonly MachineId[];
}

/** One name at one moment: the unit, and this machine's record of its file. */
export interface DropView {
  /** A `RegistryDataError` when it is stored but cannot be read. */
  readonly unit: OriginUnit | RegistryDataError | undefined;
  readonly record: DropRecord | undefined;
  /** etcd's mod revisions, 0 where nothing is stored. */
  readonly unitRevision: Revision;
  readonly recordRevision: Revision;
}

/** What becomes of the unit; in every case only of the version that was seen. */
export type DropChange =
  /** Creates or replaces it; afterwards it belongs to these directories. */
  | {
      readonly kind: "store";
      readonly file: UnitFile;
      readonly targetState: TargetState;
      readonly directories: readonly MachineId[];
    }
  /** Only says whose it is. */
  | { readonly kind: "hold"; readonly directories: readonly MachineId[] }
  | { readonly kind: "destroy" };

export interface DropWrite {
  readonly machine: MachineId;
  /** The file's name, which is the unit's where it is valid. */
  readonly name: string;
  readonly seen: DropView;
  /** Absent: the unit stays as it is, whatever it is. */
  readonly change?: DropChange;
  /** Undefined: removed. */
  readonly record: DropRecord | undefined;
}

/** A record with the file it is about. */
export interface DropFileView extends DropRecord {
  readonly machine: MachineId;
  readonly name: string;
  /** What became of the unit behind the file's back: somebody destroyed it, or took it over. */
  readonly lost?: "destroyed" | "taken-over";
}

/** Drop directories' side: units that files make, and what became of each file. */
export interface DropRegistry {
  /** The names of all files that this machine has a record of. */
  dropNames(machine: MachineId, signal: AbortSignal): Promise<readonly string[]>;
  /** Each name as it is now, in the same order; bounded requests. */
  dropViews(
    machine: MachineId,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly DropView[]>;
  /** Writes unit and record together; false when either is no longer as it was seen: look again. */
  commitDrop(write: DropWrite, signal: AbortSignal): Promise<boolean>;
  /** Every machine's records by machine ID, then name. */
  dropPage(page: PageRequest, signal: AbortSignal): Promise<Page<DropFileView>>;
  /**
   * Tells of each of these units that is not, or no longer, at the revision given (0: absent), until
   * `signal` aborts. Meant for few units.
   */
  watchUnits(
    seen: ReadonlyMap<UnitName, Revision>,
    onChange: (unit: UnitName) => void,
    signal: AbortSignal,
  ): Promise<void>;
}

export function dropRegistry(context: RegistryContext): DropRegistry {
  return {
    dropNames: (machine, signal) => dropNames(context, machine, signal),
    dropViews: (machine, names, signal) => dropViews(context, machine, names, signal),
    commitDrop: (write, signal) => commitDrop(context, write, signal),
    dropPage: (page, signal) => dropPage(context, page, signal),
    watchUnits: (seen, onChange, signal) => watchUnits(context, seen, onChange, signal),
  };
}

async function dropNames(
  { store, keys }: RegistryContext,
  machine: MachineId,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const range = keys.under("submissions", machine);
  const { items } = await store.range({ ...range, keysOnly: true }, signal);
  return items.map((item) => item.key.slice(range.start.length));
}

async function dropViews(
  { store, keys }: RegistryContext,
  machine: MachineId,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly DropView[]> {
  const wanted = names.flatMap((name) => [
    { key: keys.unit(name) },
    { key: keys.submission(machine, name) },
  ]);
  const found = await readMany(store, wanted, undefined, signal);
  return names.map((_name, index) => viewOf(found[2 * index], found[2 * index + 1]));
}

function viewOf(unit: KeyValue | undefined, record: KeyValue | undefined): DropView {
  return {
    unit: unit && originUnitOf(unit),
    // A record that cannot be read says nothing: its file is taken for a new one.
    record: record && decodeDropRecord(record.value),
    unitRevision: unit?.modRevision ?? 0,
    recordRevision: record?.modRevision ?? 0,
  };
}

function originUnitOf({ key, value }: KeyValue): OriginUnit | RegistryDataError {
  try {
    const directories = decodeDirectories(value);
    return { ...decodeUnit(key, value), ...(directories && { directories }) };
  } catch (error) {
    if (error instanceof RegistryDataError) return error;
    throw error;
  }
}

async function commitDrop(
  context: RegistryContext,
  { machine, name, seen, change, record }: DropWrite,
  signal: AbortSignal,
): Promise<boolean> {
  const { store, keys } = context;
  const unitKey = keys.unit(name);
  const recordKey = keys.submission(machine, name);
  const unitWrites = change === undefined ? [] : await unitWritesOf(context, name, change, signal);
  if (unitWrites === undefined) return false;
  const recordWrite: Operation =
    record === undefined
      ? { kind: "delete", key: recordKey }
      : { kind: "put", key: recordKey, value: encodeDropRecord(record) };
  const compare = [
    { key: unitKey, on: "mod", revision: seen.unitRevision },
    { key: recordKey, on: "mod", revision: seen.recordRevision },
  ] as const;
  const txn = { compare, success: [...unitWrites, recordWrite] };
  return (await store.txn(txn, signal)).succeeded;
}

/** The file is written with its unit for the collector's sake, as everywhere. */
async function unitWritesOf(
  { store, keys }: RegistryContext,
  name: string,
  change: DropChange,
  signal: AbortSignal,
): Promise<readonly Operation[] | undefined> {
  const key = keys.unit(name);
  switch (change.kind) {
    case "store": {
      const { file, targetState, directories } = change;
      const hash = unitHash(file);
      const value = encodeMadeUnit({ hash, targetState }, directories);
      const fileKey = keys.unitFile(hash);
      return [
        { kind: "put", key: fileKey, value: serialiseUnitFile(file) },
        { kind: "put", key, value },
      ];
    }
    case "hold": {
      const [item] = (await store.range({ start: key }, signal)).items;
      if (item === undefined) return undefined;
      const before = decodeUnit(key, item.value);
      const value = encodeMadeUnit(before, change.directories, item.value);
      return [{ kind: "put", key, value }];
    }
    case "destroy":
      return [{ kind: "delete", key }];
  }
}

async function dropPage(
  { store, keys }: RegistryContext,
  page: PageRequest,
  signal: AbortSignal,
): Promise<Page<DropFileView>> {
  const range = keys.under("submissions");
  const { items, nextAfter } = await readPage(store, range, page, signal);
  const files = items.map(({ key, value }) => {
    const [machine = "", ...name] = key.slice(range.start.length).split("/");
    return { machine: machine as MachineId, name: name.join("/"), ...decodeDropRecord(value) };
  });
  const wanted = files.map(({ name }) => ({ key: keys.unit(name) }));
  const units = await readMany(store, wanted, undefined, signal);
  const views = files.map((file, index) => {
    const lost = lossOf(file, units[index]);
    return { ...file, ...(lost && { lost }) };
  });
  return { items: views, ...(nextAfter !== undefined && { nextAfter }) };
}

/** A file that never had effect, or says itself why it has none, lost nothing. */
function lossOf(
  { machine, submitted, problem }: DropFileView,
  unit: KeyValue | undefined,
): DropFileView["lost"] {
  if (submitted === undefined || problem !== undefined) return undefined;
  if (unit === undefined) return "destroyed";
  return decodeDirectories(unit.value)?.includes(machine) === true ? undefined : "taken-over";
}
