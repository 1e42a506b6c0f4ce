import {
  RegistryUnavailableError,
  serialiseUnitFile,
  unitHash,
  type UnitName,
  type Waiting,
} from "@fleet/core";

import { decodeUnit, decodeWaiting, encodeUnit } from "./codec.ts";
import type { RegistryContext } from "./context.ts";
import { RegistryDataError } from "./errors.ts";
import { readingAtOneRevision, readPage } from "./pages.ts";
import type {
  Page,
  PageRequest,
  PutUnit,
  StoredUnit,
  TargetStateChange,
  UnitRegistry,
  UnitView,
} from "./registry.ts";
import { readStateOn, readStatePage } from "./states.ts";
import type { Revision } from "./store.ts";
import { storedUnitOf, unitViews } from "./unit-views.ts";

/** How often a removal is tried again because the unit had just changed. */
const DESTROY_ATTEMPTS_MAX = 5;

/** Units as the API reads and writes them. */
export function unitRegistry(context: RegistryContext): UnitRegistry {
  return {
    unitPage: (page, signal) => readingAtOneRevision(() => readUnitPage(context, page, signal)),
    unit: (name, signal) => readingAtOneRevision(() => readUnit(context, name, signal)),
    storedUnit: (name, signal) => readStoredUnit(context, name, signal),
    putUnit: (unit, expected, signal) => putUnit(context, unit, expected, signal),
    setTargetState: (change, signal) => setTargetState(context, change, signal),
    destroyUnit: (name, signal) => destroyUnit(context, name, signal),
    waiting: (name, signal) => readWaiting(context, name, signal),
    statePage: (page, filter, signal) =>
      readingAtOneRevision(() => readStatePage(context, page, filter, signal)),
    stateOn: (machine, unit, signal) => readStateOn(context, { machine, unit }, signal),
  };
}

/** A unit that cannot be read is left out and logged: it must not hide the others. */
async function readUnitPage(
  context: RegistryContext,
  page: PageRequest,
  signal: AbortSignal,
): Promise<Page<UnitView>> {
  const { store, keys, log } = context;
  const { items, revision, ...next } = await readPage(store, keys.under("units"), page, signal);
  const readable: UnitView[] = [];
  for (const view of await unitViews(context, items, revision, signal)) {
    if (!(view instanceof RegistryDataError)) readable.push(view);
    else log.error({ err: view }, "unit left out of a listing");
  }
  return { items: readable, ...next };
}

/** @throws {RegistryDataError} when it is stored, but cannot be read. */
async function readUnit(
  context: RegistryContext,
  name: UnitName,
  signal: AbortSignal,
): Promise<UnitView | undefined> {
  const { store, keys } = context;
  const { items, revision } = await store.range({ start: keys.unit(name) }, signal);
  const [view] = await unitViews(context, items, revision, signal);
  if (view instanceof RegistryDataError) throw view;
  return view;
}

/** @throws {RegistryDataError} when it is stored, but cannot be read. */
async function readStoredUnit(
  context: RegistryContext,
  name: UnitName,
  signal: AbortSignal,
): Promise<StoredUnit | undefined> {
  const { store, keys } = context;
  const { items } = await store.range({ start: keys.unit(name) }, signal);
  const [item] = items;
  return item && storedUnitOf(context, item);
}

/**
 * The file is written again even where it is stored: a collector that compares its revision then
 * never takes it away under a unit that has just come to need it.
 */
async function putUnit(
  { store, keys }: RegistryContext,
  unit: PutUnit,
  expected: Revision,
  signal: AbortSignal,
): Promise<boolean> {
  const { name, file, targetState } = unit;
  const hash = unitHash(file);
  const key = keys.unit(name);
  const { succeeded } = await store.txn(
    {
      compare: [{ key, on: "mod", revision: expected }],
      success: [
        { kind: "put", key: keys.unitFile(hash), value: serialiseUnitFile(file) },
        { kind: "put", key, value: encodeUnit({ hash, targetState }) },
      ],
    },
    signal,
  );
  return succeeded;
}

async function setTargetState(
  { store, keys }: RegistryContext,
  { name, targetState, expected }: TargetStateChange,
  signal: AbortSignal,
): Promise<boolean> {
  const key = keys.unit(name);
  const { items } = await store.range({ start: key }, signal);
  const [item] = items;
  if (item === undefined || item.modRevision !== expected) return false;
  const { hash } = decodeUnit(key, item.value);
  const value = encodeUnit({ hash, targetState }, item.value);
  const compare = [{ key, on: "mod", revision: expected }] as const;
  const { succeeded } = await store.txn(
    { compare, success: [{ kind: "put", key, value }] },
    signal,
  );
  return succeeded;
}

/** Looks at the key only, so that a unit whose record is broken can be removed, too. */
async function destroyUnit(
  { store, keys }: RegistryContext,
  name: UnitName,
  signal: AbortSignal,
): Promise<boolean> {
  const key = keys.unit(name);
  const success = [{ kind: "delete", key }] as const;
  for (let attempt = 1; attempt <= DESTROY_ATTEMPTS_MAX; attempt += 1) {
    const [present] = (await store.range({ start: key }, signal)).items;
    if (present === undefined) return false;
    // Only what is there now: a request that comes late must not destroy what was submitted since.
    const compare = [{ key, on: "mod", revision: present.modRevision }] as const;
    if ((await store.txn({ compare, success }, signal)).succeeded) return true;
  }
  throw new RegistryUnavailableError(`${key}: changed whenever it was about to be removed`);
}

/** @throws {RegistryDataError} when another program broke what is stored. */
async function readWaiting(
  { store, keys }: RegistryContext,
  name: UnitName,
  signal: AbortSignal,
): Promise<Waiting | undefined> {
  const key = keys.waiting(name);
  const { items } = await store.range({ start: key }, signal);
  return items[0] && decodeWaiting(key, items[0].value);
}
