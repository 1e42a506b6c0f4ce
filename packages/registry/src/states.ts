import type { UnitState } from "@fleet/core";

import { decodeEntry, decodeState, type StateOwner } from "./codec.ts";
import type { RegistryContext } from "./context.ts";
import { RegistryDataError } from "./errors.ts";
import type { KeyMeaning, KeyRange, Keys } from "./keys.ts";
import { type KeyPage, keyAfter, readPage } from "./pages.ts";
import { readMany } from "./read-many.ts";
import type { Page, PageRequest } from "./registry.ts";
import type { StateFilter } from "./state-filter.ts";
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

function rangeOf(keys: Keys, { unit, machine, leaving }: StateFilter): KeyRange {
  if (leaving !== undefined) return keys.under("leaving", leaving);
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
    if (meaning.kind === "schedule" && isLeaving(key, meaning, value)) continue;
    if (
      meaning.kind === "assignment" ||
      meaning.kind === "schedule" ||
      meaning.kind === "leaving"
    ) {
      owners.push(meaning);
    }
  }
  return owners;
}

/** On the machine's work list, and assigned to another one. */
function isLeaving(key: string, meaning: KeyMeaning & StateOwner, value: string): boolean {
  const entry = orUnreadable(key, meaning, () => decodeEntry(key, meaning.unit, value));
  return "value" in entry && entry.value.move?.kind === "leaving";
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
