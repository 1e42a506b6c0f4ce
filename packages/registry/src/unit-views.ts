import { isGlobal, type MachineId, type UnitHash, type UnitName } from "@fleet/core";

import { decodeState, decodeUnit, decodeUnitFile } from "./codec.ts";
import type { RegistryContext } from "./context.ts";
import { RegistryDataError } from "./errors.ts";
import { readMany } from "./read-many.ts";
import type { StoredUnit, UnitView } from "./registry.ts";
import type { KeyValue, Revision } from "./store.ts";

/** What belongs to the units of one page, all read at one revision. */
interface Related {
  readonly files: ReadonlyMap<UnitHash, KeyValue>;
  readonly machines: ReadonlyMap<UnitName, MachineId>;
  readonly states: ReadonlyMap<UnitName, KeyValue>;
}

/** Units as stored under `units/`, each with all that a listing shows, or why it cannot be read. */
export async function unitViews(
  context: RegistryContext,
  items: readonly KeyValue[],
  revision: Revision,
  signal: AbortSignal,
): Promise<readonly (UnitView | RegistryDataError)[]> {
  const records = items.map((item) => orProblem(() => storedUnitOf(context, item)));
  const units = records.flatMap((record) => (record instanceof RegistryDataError ? [] : record));
  const related = await readRelated(context, units, revision, signal);
  return records.map((record) =>
    record instanceof RegistryDataError ? record : orProblem(() => viewOf(record, related)),
  );
}

/** @throws {RegistryDataError} */
export function storedUnitOf({ keys }: RegistryContext, item: KeyValue): StoredUnit {
  const meaning = keys.meaningOf(item.key);
  if (meaning.kind !== "unit") throw new RegistryDataError(`${item.key}: not a unit's name`);
  const { hash, targetState } = decodeUnit(item.key, item.value);
  return { name: meaning.unit, hash, targetState, revision: item.modRevision };
}

async function readRelated(
  context: RegistryContext,
  units: readonly StoredUnit[],
  revision: Revision,
  signal: AbortSignal,
): Promise<Related> {
  const { store, keys } = context;
  const hashes = [...new Set(units.map((unit) => unit.hash))];
  const names = units.map((unit) => unit.name);
  const wanted = [
    ...hashes.map((hash) => ({ key: keys.unitFile(hash) })),
    ...names.map((name) => keys.under("assignments", name)),
  ];
  const found = await readMany(store, wanted, revision, signal);
  const files = mapOfPresent(hashes, found);
  const assignments = mapOfPresent(names, found.slice(hashes.length));
  const machines = new Map<UnitName, MachineId>();
  for (const [name, { key }] of assignments) {
    const meaning = keys.meaningOf(key);
    if (meaning.kind === "assignment") machines.set(name, meaning.machine);
  }
  const placed = [...machines];
  const stateKeys = placed.map(([name, machine]) => ({ key: keys.state(machine, name) }));
  const states = await readMany(store, stateKeys, revision, signal);
  const placedNames = placed.map(([name]) => name);
  return { files, machines, states: mapOfPresent(placedNames, states) };
}

/** @throws {RegistryDataError} when the unit's file is missing or cannot be read. */
function viewOf(unit: StoredUnit, related: Related): UnitView {
  const stored = related.files.get(unit.hash);
  if (stored === undefined) {
    throw new RegistryDataError(`${unit.name}: its unit file ${unit.hash} is not stored`);
  }
  const file = decodeUnitFile(stored.key, unit.hash, stored.value);
  const machine = related.machines.get(unit.name);
  if (machine === undefined || isGlobal(file, unit.name))
    return { ...unit, file, currentState: "inactive" };
  const state = related.states.get(unit.name);
  if (state === undefined) return { ...unit, file, machine, currentState: "inactive" };
  const owner = { unit: unit.name, machine };
  const decoded = orProblem(() => decodeState(state.key, owner, state.value));
  const currentState = decoded instanceof RegistryDataError ? "inactive" : decoded.currentState;
  return { ...unit, file, machine, currentState };
}

function mapOfPresent<Key>(
  names: readonly Key[],
  found: readonly (KeyValue | undefined)[],
): ReadonlyMap<Key, KeyValue> {
  const present = new Map<Key, KeyValue>();
  for (const [index, name] of names.entries()) {
    const item = found[index];
    if (item !== undefined) present.set(name, item);
  }
  return present;
}

/** A value that cannot be read concerns its own unit only. */
function orProblem<T>(decode: () => T): T | RegistryDataError {
  try {
    return decode();
  } catch (error) {
    if (error instanceof RegistryDataError) return error;
    throw error;
  }
}
