import { assert, type Clock, RegistryUnavailableError, unreachable } from "@fleet/core";

import {
  type Compare,
  type KeyValue,
  type LeaseId,
  type LeaseTime,
  type Operation,
  type RangeQuery,
  type RangeResult,
  type Revision,
  type Txn,
  TXN_OPS_MAX,
  type TxnResult,
} from "../store.ts";
import { compareBytes } from "./byte-order.ts";
import { KeySpace } from "./key-space.ts";
import { LeaseTable } from "./lease-table.ts";
import { Watchers } from "./watchers.ts";

/**
 * An etcd in memory, to which any number of `MemoryStore`s connect: one a machine in the simulator.
 * Deterministic: requests happen in the order of the calls, watchers hear of them in microtasks,
 * in the order in which they registered, and leases expire by the given clock.
 */
export class MemoryEtcd {
  readonly #cluster: string;
  readonly #space = new KeySpace();
  readonly #leases: LeaseTable;
  readonly watchers: Watchers;

  /** `cluster`: its ID, in decimal digits. */
  constructor(clock: Clock, cluster = "1") {
    this.#cluster = cluster;
    this.watchers = new Watchers(this.#space);
    this.#leases = new LeaseTable(clock, (keys) => this.#expireKeys(keys));
  }

  get revision(): Revision {
    return this.#space.revision;
  }

  /** Forgets the past before `revision`, as etcd's compaction does. */
  compact(revision: Revision): void {
    this.#space.compact(revision);
  }

  range(query: RangeQuery): RangeResult {
    const { start, end, limit = Infinity, keysOnly = false } = query;
    const revision = query.revision ?? this.#space.revision;
    this.#refuseFuture(revision);
    const found = this.#space.read({ start, end }, limit + 1, query.revision);
    const items = found.slice(0, limit);
    return {
      cluster: this.#cluster,
      revision,
      items: keysOnly ? items.map((item) => ({ ...item, value: "" })) : items,
      more: found.length > limit,
    };
  }

  txn(txn: Txn): TxnResult {
    const { compare, success, failure = [] } = txn;
    for (const list of [compare, success, failure]) {
      assert(list.length <= TXN_OPS_MAX, `a transaction has at most ${TXN_OPS_MAX} operations`);
    }
    for (const branch of [success, failure]) this.#refuseBranch(branch);
    const succeeded = compare.every((condition) => this.#holds(condition));
    const results = (succeeded ? success : failure).map((operation) => this.#run(operation));
    this.#commit();
    return {
      cluster: this.#cluster,
      succeeded,
      revision: this.#space.revision,
      reads: results.map((result) => result.read),
      deleted: results.map((result) => result.deleted),
    };
  }

  grantLease(ttlMs: number): LeaseId {
    return this.#leases.grant(ttlMs);
  }

  /** False when the lease is over. */
  keepAlive(lease: LeaseId): boolean {
    return this.#leases.keepAlive(lease);
  }

  revoke(lease: LeaseId): void {
    this.#leases.revoke(lease);
  }

  /** What is left of a lease; undefined when it is over. */
  leaseTime(lease: LeaseId): LeaseTime | undefined {
    return this.#leases.timeOf(lease);
  }

  #holds(condition: Compare): boolean {
    const item = this.#space.get(condition.key);
    const { createRevision = 0, modRevision = 0 } = item ?? {};
    return condition.revision === (condition.on === "create" ? createRevision : modRevision);
  }

  #run(operation: Operation): { read: readonly KeyValue[]; deleted: number } {
    switch (operation.kind) {
      case "put":
        this.#space.put(operation.key, operation.value, operation.lease);
        this.#leases.attach(operation.key, operation.lease);
        return { read: [], deleted: 0 };
      case "delete": {
        const removed = this.#space.delete({ start: operation.key, end: operation.end });
        for (const key of removed) this.#leases.attach(key, undefined);
        return { read: [], deleted: removed.length };
      }
      case "get": {
        const range = { start: operation.key, end: operation.end };
        const read = this.#space.read(range, operation.limit ?? Infinity, operation.revision);
        return { read, deleted: 0 };
      }
      default:
        return unreachable(operation);
    }
  }

  #expireKeys(keys: readonly string[]): void {
    for (const key of keys) this.#space.delete({ start: key, end: undefined });
    this.#commit();
  }

  #commit(): void {
    const commit = this.#space.commit();
    if (commit !== undefined) this.watchers.announce(commit);
  }

  /** What etcd refuses, it refuses before it changes anything. */
  #refuseBranch(operations: readonly Operation[]): void {
    const puts = operations.filter((operation) => operation.kind === "put");
    for (const [index, put] of puts.entries()) {
      const isTwice = puts.slice(index + 1).some((other) => other.key === put.key);
      const isDeleted = operations.some((other) => other.kind === "delete" && covers(other, put));
      if (isTwice || isDeleted) refuse("duplicate key given in txn request");
      const { lease } = put;
      if (lease !== undefined && !this.#leases.has(lease)) refuse("requested lease not found");
    }
    for (const operation of operations) {
      if (operation.kind !== "get" || operation.revision === undefined) continue;
      this.#space.refuseCompacted(operation.revision);
      this.#refuseFuture(operation.revision);
    }
  }

  #refuseFuture(revision: Revision): void {
    if (revision > this.#space.revision) refuse("required revision is a future revision");
  }
}

function covers(
  deletion: { readonly key: string; readonly end?: string },
  put: { readonly key: string },
): boolean {
  const { key, end } = deletion;
  if (end === undefined) return key === put.key;
  return compareBytes(key, put.key) <= 0 && compareBytes(put.key, end) < 0;
}

function refuse(reason: string): never {
  throw new RegistryUnavailableError(`etcd in memory: ${reason}`);
}
