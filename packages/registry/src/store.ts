/**
 * The slice of etcd v3 that the registry stands on: a revisioned key space with transactions,
 * leases and watches. Two implementations pass `testing/store-contract.ts`: the real one in
 * `etcd/` and the in-memory twin in `memory/`, which the simulator drives. Everything above this
 * interface (keys, codecs, pages, fencing) is written once and runs on both.
 *
 * Keys and values are UTF-8 text; ranges are half-open [start, end) in byte order. Everything that
 * talks to the store throws `RegistryUnavailableError` when it is unreachable or its deadline
 * passes; a failed write may still have happened ("outcome unknown").
 */
export interface Store {
  range(query: RangeQuery, signal: AbortSignal): Promise<RangeResult>;
  /** At most {@link TXN_OPS_MAX} operations a branch; no key may be written twice in one. */
  txn(txn: Txn, signal: AbortSignal): Promise<TxnResult>;
  /**
   * Delivers every change in [start, end) from `fromRevision` on, a whole revision at a time, in
   * order and without gaps, until `signal` aborts or the watch ends; says which. `onLive` is
   * called once the store has accepted the watch. `onEvents` must be synchronous.
   */
  watch(watch: WatchRequest, signal: AbortSignal): Promise<WatchEnd>;
  /** Grants a lease and keeps it alive until revoked or lost. `ttlMs` is rounded up to whole seconds. */
  grantLease(ttlMs: number, signal: AbortSignal): Promise<Lease>;
  /** How long leases last, anybody's; one that is over is missing. Keeps none of them alive. */
  leaseTimes(
    leases: readonly LeaseId[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<LeaseId, LeaseTime>>;
  /** Ends every watch, keep-alive and connection. */
  close(): Promise<void>;
}

/** etcd's default `--max-txn-ops`. */
export const TXN_OPS_MAX = 128;

/** etcd's revision: grows by one with each write to the cluster. */
export type Revision = number;

export interface KeyValue {
  readonly key: string;
  /** "" when only keys were asked for. */
  readonly value: string;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
  /** The lease that it goes with; absent when none. */
  readonly lease?: LeaseId;
}

export interface RangeQuery {
  readonly start: string;
  /** Exclusive; absent reads the single key `start`. */
  readonly end?: string;
  /** At most so many items; absent reads them all, in bounded pages at one revision. */
  readonly limit?: number;
  readonly keysOnly?: boolean;
  /** Reads the past; a compacted revision is a `RevisionCompactedError`. */
  readonly revision?: Revision;
}

export interface RangeResult {
  /** The ID of the etcd cluster that answered, in decimal digits. */
  readonly cluster: string;
  /** The store's revision that this is a reading of. */
  readonly revision: Revision;
  readonly items: readonly KeyValue[];
  /** True when `limit` cut the answer short. */
  readonly more: boolean;
}

/** Holds when the key's revision equals `revision`; 0 stands for "does not exist". */
export interface Compare {
  readonly key: string;
  readonly on: "create" | "mod";
  readonly revision: Revision;
}

export type Operation =
  | { readonly kind: "put"; readonly key: string; readonly value: string; readonly lease?: LeaseId }
  | { readonly kind: "delete"; readonly key: string; readonly end?: string }
  | {
      readonly kind: "get";
      readonly key: string;
      readonly end?: string;
      readonly limit?: number;
      /** Reads the past, as in {@link RangeQuery}. */
      readonly revision?: Revision;
    };

export interface Txn {
  /** All must hold for `success` to run; none means always. */
  readonly compare: readonly Compare[];
  readonly success: readonly Operation[];
  readonly failure?: readonly Operation[];
}

export interface TxnResult {
  /** The ID of the etcd cluster that answered, in decimal digits. */
  readonly cluster: string;
  readonly succeeded: boolean;
  readonly revision: Revision;
  /** One entry for each operation of the branch that ran; empty for puts and deletes. */
  readonly reads: readonly (readonly KeyValue[])[];
  /** For each operation: how many keys a delete removed; 0 for the others. */
  readonly deleted: readonly number[];
}

export type WatchEvent =
  | { readonly kind: "put"; readonly item: KeyValue }
  | { readonly kind: "delete"; readonly key: string; readonly modRevision: Revision };

export interface WatchRequest {
  readonly start: string;
  readonly end: string;
  readonly fromRevision: Revision;
  readonly onLive: () => void;
  readonly onEvents: (events: readonly WatchEvent[], revision: Revision) => void;
}

export type WatchEnd =
  | { readonly kind: "aborted" }
  /** History was compacted: list again. */
  | { readonly kind: "compacted" }
  /** The connection broke or fell silent: watch again from the last revision seen + 1. */
  | { readonly kind: "broken"; readonly error: Error };

export type LeaseId = string;

/** What the store says of a lease. */
export interface LeaseTime {
  /** How long it lasts if nobody keeps it alive from now on. Told in whole seconds: half of one more or less. */
  readonly remainingMs: number;
  /** How long it lasts from each keep-alive on. */
  readonly ttlMs: number;
}

/** A lease that is being kept alive in the background. */
export interface Lease {
  readonly id: LeaseId;
  readonly ttlMs: number;
  /**
   * Aborts when the lease is over: etcd said so, or its whole time has passed since the last
   * acknowledged keep-alive was sent (monotonic clock, minus a margin). `reason` is an Error.
   */
  readonly lost: AbortSignal;
  /** Keeps it alive no longer: what hangs on it stays until it runs out. */
  abandon(): void;
  /** How long the lease is known to hold from now on; 0 once it is lost or revoked. */
  remainingMs(): number;
  /**
   * Since when it has been kept alive without an interruption of half its time, in which others may have lost theirs
   * (monotonic milliseconds).
   */
  steadySinceMs(): number;
  /** Gives the lease up; its keys vanish at once. Stops the keep-alive even when the store is away. */
  revoke(signal: AbortSignal): Promise<void>;
}
