import { unreachable } from "@fleet/core";

import {
  encodeDeparture,
  encodeEntry,
  encodeHeldMoves,
  encodeLeaving,
  encodeWaiting,
} from "./codec.ts";
import type { Keys } from "./keys.ts";
import type { LeavingUnit } from "./moving-units.ts";
import type { PlacementWrite } from "./placement-write.ts";
import type { CommitResult, EngineWrite, ScheduleEntry } from "./registry.ts";
import { type Compare, type Operation, type Revision, type Store, TXN_OPS_MAX } from "./store.ts";

/** The leader's key, and the create revision with which it was won. */
export interface Fence {
  readonly store: Pick<Store, "txn">;
  readonly keys: Keys;
  readonly wonRevision: Revision;
}

/** One engine write as etcd sees it. */
interface Step {
  /** Where it no longer holds, the write is not wanted any more. */
  readonly condition: Compare | undefined;
  readonly operations: readonly Operation[];
}

/** Writes in order, each transaction only if the fence still stands. */
export async function commitFenced(
  fence: Fence,
  writes: readonly EngineWrite[],
  signal: AbortSignal,
): Promise<CommitResult> {
  let written = 0;
  let dropped = 0;
  let revision: Revision = 0;
  for (const batch of batchesOf(writes.map((write) => stepOf(fence.keys, write)))) {
    const committed = await commitBatch(fence, batch, signal);
    if (committed === "fenced") return { written, dropped, fenced: true, revision };
    written += batch.length;
    ({ revision } = committed);
    dropped += committed.dropped;
  }
  return { written, dropped, fenced: false, revision };
}

/** The store's revision afterwards and how many steps were not wanted any more, or that the fence refused. */
async function commitBatch(
  fence: Fence,
  batch: readonly Step[],
  signal: AbortSignal,
): Promise<Pick<CommitResult, "revision" | "dropped"> | "fenced"> {
  const { leader } = fence.keys;
  const conditions = conditionsOf(batch);
  const result = await fence.store.txn(
    {
      compare: [{ key: leader, on: "create", revision: fence.wonRevision }, ...conditions],
      success: batch.flatMap((step) => step.operations),
      failure: [{ kind: "get", key: leader }],
    },
    signal,
  );
  const [present] = result.reads[0] ?? [];
  if (!result.succeeded && present?.createRevision !== fence.wonRevision) return "fenced";
  // Where a condition did not hold: alone, that write is dropped; among others, each is tried alone.
  let { revision } = result;
  if (result.succeeded) return { revision, dropped: 0 };
  if (batch.length === 1) return { revision, dropped: 1 };
  let dropped = 0;
  for (const step of batch) {
    const committed = await commitBatch(fence, [step], signal);
    if (committed === "fenced") return committed;
    ({ revision } = committed);
    dropped += committed.dropped;
  }
  return { revision, dropped };
}

/** What must hold for all of them: many steps hang on the same. */
function conditionsOf(steps: readonly Step[]): readonly Compare[] {
  const byKey = new Map(steps.flatMap(({ condition: one }) => (one ? [[one.key, one]] : [])));
  return [...byKey.values()];
}

function stepOf(keys: Keys, write: EngineWrite): Step {
  switch (write.kind) {
    case "while-gone": {
      const operations = placementOperations(keys, write.write);
      return { condition: absent(keys, write.machine), operations };
    }
    case "explain-wait": {
      const value = encodeWaiting(write.waiting);
      return unconditional({ kind: "put", key: keys.waiting(write.unit), value });
    }
    case "end-wait":
      return unconditional({ kind: "delete", key: keys.waiting(write.unit) });
    case "end-waits": {
      const { start: key, end } = keys.under("waiting");
      return unconditional({ kind: "delete", key, end });
    }
    case "collect-file": {
      const key = keys.unitFile(write.hash);
      const condition = { key, on: "mod", revision: write.revision } as const;
      return { condition, operations: [{ kind: "delete", key }] };
    }
    case "give-up": {
      const key = keys.departed(write.machine);
      return {
        condition: absent(keys, write.machine),
        operations: [{ kind: "put", key, value: encodeDeparture(write) }],
      };
    }
    case "hold-moves": {
      const value = encodeHeldMoves({ machines: write.machines });
      return unconditional({ kind: "put", key: keys.heldMoves, value });
    }
    case "release-moves":
      return unconditional({ kind: "delete", key: keys.heldMoves });
    case "collect-machine": {
      const { start: key, end } = keys.under("machines", write.machine);
      return { condition: absent(keys, write.machine), operations: [{ kind: "delete", key, end }] };
    }
    default:
      return unconditional(...placementOperations(keys, write));
  }
}

function absent(keys: Keys, machine: string): Compare {
  return { key: keys.machine(machine), on: "create", revision: 0 };
}

function unconditional(...operations: readonly Operation[]): Step {
  return { condition: undefined, operations };
}

function placementOperations(keys: Keys, write: PlacementWrite): readonly Operation[] {
  switch (write.kind) {
    case "assign":
      return assigned(keys, write.machine, write.entry);
    case "unassign":
      return placementKeys(keys, write.machine, write.unit).map(deletion);
    case "leave":
      return leavingOperations(keys, write.leaving);
    case "end-leaving": {
      const { unit, machine } = write;
      return [keys.schedule(machine, unit), keys.leaving(unit, machine)].map(deletion);
    }
    case "take-back": {
      const { machine, entry } = write;
      return [...assigned(keys, machine, entry), deletion(keys.leaving(entry.unit, machine))];
    }
    default:
      return unreachable(write);
  }
}

function deletion(key: string): Operation {
  return { kind: "delete", key };
}

function assigned(keys: Keys, machine: string, entry: ScheduleEntry): readonly Operation[] {
  const value = encodeEntry(entry);
  return placementKeys(keys, machine, entry.unit).map((key) => ({ kind: "put", key, value }));
}

function leavingOperations(keys: Keys, leaving: LeavingUnit): readonly Operation[] {
  const { unit, machine, hash, step } = leaving;
  const targetState = step === "keep" ? "launched" : "loaded";
  const entry = encodeEntry({ unit, hash, targetState, move: { kind: "leaving" } });
  return [
    { kind: "put", key: keys.schedule(machine, unit), value: entry },
    { kind: "delete", key: keys.assignment(unit, machine) },
    { kind: "put", key: keys.leaving(unit, machine), value: encodeLeaving(leaving) },
  ];
}

function placementKeys(keys: Keys, machine: string, unit: string): readonly string[] {
  return [keys.schedule(machine, unit), keys.assignment(unit, machine)];
}

/** Steps of different sorts are not put in one transaction: a range may hold a key that is written. */
function sortOf({ condition, operations }: Step): "conditional" | "range" | "plain" {
  if (condition !== undefined) return "conditional";
  const isRange = operations.some((one) => one.kind === "delete" && one.end !== undefined);
  return isRange ? "range" : "plain";
}

/**
 * As few batches as etcd allows: neither too many operations or comparisons, nor a key twice. What
 * depends on a condition is kept apart, so that it cannot hold up what does not.
 */
function batchesOf(steps: readonly Step[]): readonly (readonly Step[])[] {
  const batches: Step[][] = [];
  let batch: Step[] = [];
  let used = new Set<string>();
  for (const step of steps) {
    const keys = step.operations.map((operation) => operation.key);
    const size = used.size + keys.length + 1; // one more comparison: the fence
    const sameSort = batch[0] !== undefined && sortOf(batch[0]) === sortOf(step);
    const fits = size <= TXN_OPS_MAX && sameSort && !keys.some((key) => used.has(key));
    if (batch.length === 0 || !fits) {
      batch = [];
      used = new Set();
      batches.push(batch);
    }
    batch.push(step);
    for (const key of keys) used.add(key);
  }
  return batches;
}
