import type { MachineId, UnitFile, UnitHash } from "@fleet/core";

import { decodeEntry, decodeUnitFile } from "./codec.ts";
import type { RegistryContext } from "./context.ts";
import { followRanges, type Listing } from "./feed.ts";
import { Joining } from "./join.ts";
import type { KeyMeaning } from "./keys.ts";
import { readMany } from "./read-many.ts";
import type { AgentRegistry, ScheduleChange, ScheduleEntry, ScheduleSink } from "./registry.ts";
import type { KeyValue, WatchEvent } from "./store.ts";
import { orUnreadable, type UnreadableEntry, unreadableEntry } from "./unreadable.ts";

type ScheduleKey = KeyMeaning & { readonly kind: "schedule" };

/** One machine's side of the registry: nothing here reads or writes below another machine's ID. */
export function agentRegistry(context: RegistryContext): AgentRegistry {
  const joining = new Joining(context);
  return {
    announce: (announcement, signal) => joining.announce(announcement, signal),
    watchSchedule: (machine, sink, signal) => watchSchedule(context, machine, sink, signal),
    unitFiles: (hashes, signal) => readUnitFiles(context, hashes, signal),
  };
}

async function watchSchedule(
  context: RegistryContext,
  machine: MachineId,
  sink: ScheduleSink,
  signal: AbortSignal,
): Promise<void> {
  const feedSink = {
    listed: ({ items }: Listing) => tellSnapshot(context, items, sink),
    changed: (events: readonly WatchEvent[]) => tellChanges(context, events, sink),
    live: (live: boolean) => sink.live(live),
  };
  await followRanges([context.keys.under("schedule", machine)], feedSink, context, signal);
}

function tellSnapshot(
  context: RegistryContext,
  items: readonly KeyValue[],
  sink: ScheduleSink,
): void {
  const entries: ScheduleEntry[] = [];
  const unreadable: UnreadableEntry[] = [];
  for (const { key, value } of items) {
    const meaning = context.keys.meaningOf(key);
    if (meaning.kind === "malformed") {
      unreadable.push(unreadableEntry(key, meaning, meaning.problem));
    } else if (meaning.kind === "schedule") {
      const read = readEntry(key, meaning, value);
      if ("unreadable" in read) unreadable.push(read.unreadable);
      else entries.push(read.value);
    }
  }
  sink.snapshot(entries, unreadable);
}

function tellChanges(
  context: RegistryContext,
  events: readonly WatchEvent[],
  sink: ScheduleSink,
): void {
  const changes: ScheduleChange[] = [];
  for (const event of events) {
    const key = event.kind === "put" ? event.item.key : event.key;
    const meaning = context.keys.meaningOf(key);
    // A key that names no unit concerns none; the next snapshot lists it as unreadable.
    if (meaning.kind === "schedule") changes.push(changeOf(meaning, event));
    else context.log.warn({ key }, "schedule key ignored");
  }
  if (changes.length > 0) sink.changes(changes);
}

function changeOf(meaning: ScheduleKey, event: WatchEvent): ScheduleChange {
  const { unit } = meaning;
  if (event.kind === "delete") return { unit, entry: undefined };
  const read = readEntry(event.item.key, meaning, event.item.value);
  return "unreadable" in read ? { unit, unreadable: read.unreadable } : { unit, entry: read.value };
}

function readEntry(key: string, meaning: ScheduleKey, value: string) {
  return orUnreadable(key, meaning, () => decodeEntry(key, meaning.unit, value));
}

async function readUnitFiles(
  { store, keys, log }: RegistryContext,
  hashes: readonly UnitHash[],
  signal: AbortSignal,
): Promise<ReadonlyMap<UnitHash, UnitFile>> {
  const distinct = [...new Set(hashes)];
  const wanted = distinct.map((hash) => ({ key: keys.unitFile(hash) }));
  const found = await readMany(store, wanted, undefined, signal);
  const files = new Map<UnitHash, UnitFile>();
  for (const [index, hash] of distinct.entries()) {
    const item = found[index];
    if (item === undefined) continue;
    const read = orUnreadable(item.key, { kind: "unit-file", hash }, () =>
      decodeUnitFile(item.key, hash, item.value),
    );
    if ("unreadable" in read) log.error({ ...read.unreadable }, "unit file cannot be read");
    else files.set(hash, read.value);
  }
  return files;
}
