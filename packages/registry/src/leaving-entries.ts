import { decodeEntry, type StateOwner } from "./codec.ts";
import type { RegistryContext } from "./context.ts";
import type { Keys } from "./keys.ts";
import type { LeavingUnit } from "./moving-units.ts";
import { keyAfter } from "./pages.ts";
import { readMany } from "./read-many.ts";
import type { KeyValue } from "./store.ts";
import { orUnreadable } from "./unreadable.ts";

const PAGE_KEYS_MAX = 1_000;

/** What work lists name as leaving, of `owners` or of all; entries that cannot be read name nothing. */
export async function readLeavingEntries(
  context: RegistryContext,
  owners: readonly StateOwner[] | "all",
  signal: AbortSignal,
): Promise<readonly LeavingUnit[]> {
  const { store, keys } = context;
  if (owners === "all") return readAll(context, signal);
  const wanted = owners.map(({ unit, machine }) => ({ key: keys.schedule(machine, unit) }));
  const found = await readMany(store, wanted, undefined, signal);
  return leavingAmong(keys, found);
}

async function readAll(
  { store, keys }: RegistryContext,
  signal: AbortSignal,
): Promise<readonly LeavingUnit[]> {
  const leaving: LeavingUnit[] = [];
  let { start, end } = keys.under("schedule");
  for (;;) {
    const { items } = await store.range({ start, end, limit: PAGE_KEYS_MAX }, signal);
    leaving.push(...leavingAmong(keys, items));
    const last = items.at(-1);
    if (last === undefined || items.length < PAGE_KEYS_MAX) return leaving;
    start = keyAfter(last.key);
  }
}

function leavingAmong(keys: Keys, items: readonly (KeyValue | undefined)[]): LeavingUnit[] {
  return items.flatMap((item) => (item === undefined ? [] : (leavingOf(keys, item) ?? [])));
}

function leavingOf(keys: Keys, { key, value }: KeyValue): LeavingUnit | undefined {
  const meaning = keys.meaningOf(key);
  if (meaning.kind !== "schedule") return undefined;
  const { unit, machine } = meaning;
  const entry = orUnreadable(key, meaning, () => decodeEntry(key, unit, value));
  if (!("value" in entry) || entry.value.move?.kind !== "leaving") return undefined;
  const { hash, targetState } = entry.value;
  return { unit, machine, hash, step: targetState === "launched" ? "keep" : "stop" };
}
