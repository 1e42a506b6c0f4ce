import type { UnitState } from "@fleet/core";

import { decodeEntry, decodeState, type StateOwner } from "./codec.ts";
import type { RegistryContext } from "./context.ts";
import { RegistryDataError } from "./errors.ts";
import type { KeyRange, Keys } from "./keys.ts";
import { type KeyPage, keyAfter, readPage } from "./pages.ts";
import { readMany } from "./read-many.ts";
import type { Page, PageRequest, StateFilter } from "./registry.ts";
import { orUnreadable } from "./unreadable.ts";

/**
 * One page of states. It walks over assignments, in whichever of the two orders fits the filter, and
 * reads the state of each: an assignment without one makes the page shorter.
 */
export async function readStatePage(
  context: RegistryContext,
  page: PageRequest,
  filter: StateFilter,
  signal: AbortSignal,
): Promise<Page<UnitState>> {
  const { store, keys } = context;
  const { items, revision, ...next } = await readPage(store, rangeOf(keys, filter), page, signal);
  const owners = ownersOf(keys, items);
  const wanted = owners.map(({ unit, machine }) => ({ key: keys.state(machine, unit) }));
  const found = await readMany(store, wanted, revision, signal);
  const states: UnitState[] = [];
  for (const [index, owner] of owners.entries()) {
    const item = found[index];
    const state = item && readState(context, item.key, owner, item.value);
    if (state !== undefined) states.push(state);
  }
  return { items: states, ...next };
}

/** One machine's state of one unit, assigned or not. */
export async function readStateOn(
  context: RegistryContext,
  owner: StateOwner,
  signal: AbortSignal,
): Promise<UnitState | undefined> {
  const { store, keys } = context;
  const key = keys.state(owner.machine, owner.unit);
  const { items } = await store.range({ start: key }, signal);
  return items[0] && readState(context, key, owner, items[0].value);
}

function rangeOf(keys: Keys, { unit, machine }: StateFilter): KeyRange {
  if (unit !== undefined && machine !== undefined) {
    const start = keys.assignment(unit, machine);
    return { start, end: keyAfter(start) };
  }
  if (unit !== undefined) return keys.under("assignments", unit);
  if (machine !== undefined) return keys.under("schedule", machine);
  return keys.under("assignments");
}

function ownersOf(keys: Keys, items: KeyPage["items"]): StateOwner[] {
  const owners: StateOwner[] = [];
  for (const { key, value } of items) {
    const meaning = keys.meaningOf(key);
    if (meaning.kind !== "assignment" && meaning.kind !== "schedule") continue;
    const entry = orUnreadable(key, meaning, () => decodeEntry(key, meaning.unit, value));
    // On a work list, but assigned to another machine.
    if ("value" in entry && entry.value.move?.kind === "leaving") continue;
    owners.push(meaning);
  }
  return owners;
}

/** A state that cannot be read is left out and logged: its agent will write it again. */
function readState(
  { log }: RegistryContext,
  key: string,
  owner: StateOwner,
  text: string,
): UnitState | undefined {
  try {
    return decodeState(key, owner, text);
  } catch (error) {
    if (!(error instanceof RegistryDataError)) throw error;
    log.error({ err: error }, "unit state left out of a listing");
    return undefined;
  }
}
