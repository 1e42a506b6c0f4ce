import { effectiveMetadata, type Machine, type MachineId } from "@fleet/core";

import { decodeHeldMoves, decodeMachine, encodeDeparture } from "./codec.ts";
import type { RegistryContext } from "./context.ts";
import { RegistryDataError } from "./errors.ts";
import { setMetadata } from "./metadata.ts";
import { keyAfter, readingAtOneRevision } from "./pages.ts";
import type { MachineRegistry, Page, PageRequest, PresentMachine } from "./registry.ts";
import type { KeyValue, Revision } from "./store.ts";

const READ_KEYS_MAX = 1_000;
/** A guess that makes one request enough where machines have a few dynamic keys each. */
const KEYS_PER_MACHINE = 4;

/** Machines as the API reads and writes them. */
export function machineRegistry(context: RegistryContext): MachineRegistry {
  const { store, keys } = context;
  return {
    machinePage: (page, signal) =>
      readingAtOneRevision(() => readMachinePage(context, page, signal)),
    setMetadata: (change, signal) => setMetadata(context, change, signal),
    async heldMoves(signal) {
      const { items } = await store.range({ start: keys.heldMoves }, signal);
      return items[0] === undefined
        ? { machines: [] }
        : decodeHeldMoves(keys.heldMoves, items[0].value);
    },
    async giveUp(machines, signal) {
      const given: MachineId[] = [];
      for (const machine of machines) {
        const value = encodeDeparture({ sinceMs: context.clock.nowMs() });
        const put = { kind: "put", key: keys.departed(machine), value } as const;
        const compare = [{ key: keys.machine(machine), on: "create", revision: 0 }] as const;
        const { succeeded } = await store.txn({ compare, success: [put] }, signal);
        if (succeeded) given.push(machine);
      }
      return given;
    },
  };
}

/**
 * The keys of absent machines (dynamic metadata outlives them) lie between those of present ones, so
 * it reads on until the page is full; at most a thousand keys a request.
 */
async function readMachinePage(
  context: RegistryContext,
  page: PageRequest,
  signal: AbortSignal,
): Promise<Page<PresentMachine>> {
  const machines: PresentMachine[] = [];
  let toSkip = page.start.kind === "skip" ? page.start.count : 0;
  for await (const keysOfOne of machineKeys(context, page, signal)) {
    const { id, object, dynamic } = keysOfOne;
    if (object === undefined) continue;
    if (toSkip > 0) {
      toSkip -= 1;
      continue;
    }
    const machine = readMachine(context, id, object);
    if (machine === undefined) continue;
    const metadata = effectiveMetadata(machine.metadata, dynamic);
    machines.push({ ...machine, effectiveMetadata: metadata });
    if (machines.length === page.limit) return { items: machines, nextAfter: id };
  }
  return { items: machines };
}

function firstKey({ keys }: RegistryContext, { start }: PageRequest): string {
  // Past everything of the machine that the last page ended with.
  return start.kind === "after"
    ? keys.under("machines", start.key).end
    : keys.under("machines").start;
}

function keysFor(machines: number): number {
  return Math.min(machines * KEYS_PER_MACHINE, READ_KEYS_MAX);
}

interface MachineKeys {
  readonly id: MachineId;
  object: KeyValue | undefined;
  readonly dynamic: Map<string, string>;
}

/** What is stored of each machine, one after the other, all at one revision. */
async function* machineKeys(
  context: RegistryContext,
  page: PageRequest,
  signal: AbortSignal,
): AsyncGenerator<MachineKeys> {
  let current: MachineKeys | undefined;
  for await (const item of storedItems(context, page, signal)) {
    const meaning = context.keys.meaningOf(item.key);
    if (meaning.kind !== "machine" && meaning.kind !== "metadata") continue;
    if (current !== undefined && current.id !== meaning.machine) {
      yield current;
      current = undefined;
    }
    current ??= { id: meaning.machine, object: undefined, dynamic: new Map() };
    if (meaning.kind === "machine") current.object = item;
    else current.dynamic.set(meaning.name, item.value);
  }
  if (current !== undefined) yield current;
}

async function* storedItems(
  context: RegistryContext,
  page: PageRequest,
  signal: AbortSignal,
): AsyncGenerator<KeyValue> {
  const { end } = context.keys.under("machines");
  const limit = page.start.kind === "skip" ? READ_KEYS_MAX : keysFor(page.limit);
  let start = firstKey(context, page);
  let revision: Revision | undefined;
  for (;;) {
    const at = revision === undefined ? {} : { revision };
    const part = await context.store.range({ start, end, limit, ...at }, signal);
    yield* part.items;
    const last = part.items.at(-1);
    if (!part.more || last === undefined) return;
    start = keyAfter(last.key);
    revision = part.revision;
  }
}

/** A record that cannot be read is left out and logged: it must not hide the others. */
function readMachine(
  { log }: RegistryContext,
  id: MachineId,
  { key, value }: KeyValue,
): Machine | undefined {
  try {
    return decodeMachine(key, id, value).machine;
  } catch (error) {
    if (!(error instanceof RegistryDataError)) throw error;
    log.error({ err: error }, "machine left out of a listing");
    return undefined;
  }
}
