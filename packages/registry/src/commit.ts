import { unreachable } from "@fleet/core";

import { encodeDeparture, encodeEntry, encodeHeldMoves, encodeWaiting } from "./codec.ts";
import type { Keys } from "./keys.ts";
import type { CommitResult, EngineWrite } from "./registry.ts";
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
  let revision: Revision = 0;
  for (const batch of batchesOf(writes.map((write) => stepOf(fence.keys, write)))) {
    const committed = await commitBatch(fence, batch, signal);
    if (committed === "fenced") return { written, fenced: true, revision };
    written += batch.length;
    revision = committed;
  }
  return { written, fenced: false, revision };
}

/** The store's revision afterwards, or that the fence refused. */
async function commitBatch(
  fence: Fence,
  batch: readonly Step[],
  signal: AbortSignal,
): Promise<Revision | "fenced"> {
  const { leader } = fence.keys;
  const conditions = batch.flatMap((step) => step.condition ?? []);
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
  if (result.succeeded || batch.length === 1) return result.revision;
  let revision = result.revision;
  for (const step of batch) {
    const committed = await commitBatch(fence, [step], signal);
    if (committed === "fenced") return committed;
    revision = committed;
  }
  return revision;
}

function stepOf(keys: Keys, write: EngineWrite): Step {
  switch (write.kind) {
    case "assign": {
      const { machine, entry } = write;
      const value = encodeEntry(entry);
      const bothKeys = placementKeys(keys, machine, entry.unit);
      const operations = bothKeys.map((key): Operation => ({ kind: "put", key, value }));
      return { condition: undefined, operations };
    }
    case "unassign": {
      const bothKeys = placementKeys(keys, write.machine, write.unit);
      const operations = bothKeys.map((key): Operation => ({ kind: "delete", key }));
      return { condition: undefined, operations };
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
      return unreachable(write);
  }
}

function absent(keys: Keys, machine: string): Compare {
  return { key: keys.machine(machine), on: "create", revision: 0 };
}

function unconditional(operation: Operation): Step {
  return { condition: undefined, operations: [operation] };
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
