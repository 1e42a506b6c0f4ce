import type { Clock } from "@fleet/core";

import type { Lease, RangeQuery, Store, Txn, WatchEnd } from "./store.ts";

/** fleet's words for what is asked of etcd, and one for leases, which fleet did not have. */
export type OperationType = "get" | "get_all" | "set" | "lease";

/** Who wants to know how etcd is doing. Calls are synchronous. */
export interface RegistryObserver {
  /** A request has been answered, or has failed. */
  operationDone(type: OperationType, durationMs: number, succeeded: boolean): void;
  /** etcd has accepted a watch. */
  watchOpened(): void;
  /** An accepted watch has ended; only `aborted` was meant to be. */
  watchEnded(how: WatchEnd["kind"]): void;
  leaseGranted(): void;
  /** `lost`: it was not given up but ran out. */
  leaseEnded(how: "lost" | "given-up"): void;
}

/** `store`, telling `observer` of everything that is asked of it. What a caller calls off is not told. */
export function observedStore(store: Store, observer: RegistryObserver, clock: Clock): Store {
  async function timed<T>(
    type: OperationType,
    request: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const sentAtMs = clock.monotonicMs();
    const done = (succeeded: boolean): void => {
      if (!signal.aborted) observer.operationDone(type, clock.monotonicMs() - sentAtMs, succeeded);
    };
    try {
      const answer = await request();
      done(true);
      return answer;
    } catch (error) {
      done(false);
      throw error;
    }
  }
  return {
    range: (query, signal) => timed(typeOfRange(query), () => store.range(query, signal), signal),
    txn: (txn, signal) => timed(typeOfTxn(txn), () => store.txn(txn, signal), signal),
    async watch(watch, signal) {
      let isOpen = false;
      const onLive = (): void => {
        isOpen = true;
        observer.watchOpened();
        watch.onLive();
      };
      let how: WatchEnd["kind"] = "broken";
      try {
        const end = await store.watch({ ...watch, onLive }, signal);
        how = end.kind;
        return end;
      } finally {
        if (isOpen) observer.watchEnded(how);
      }
    },
    async grantLease(ttlMs, signal) {
      const lease = await timed("lease", () => store.grantLease(ttlMs, signal), signal);
      return observedLease(lease, observer);
    },
    leaseTimes: (...args) => timed("lease", () => store.leaseTimes(...args), args[1]),
    close: () => store.close(),
  };
}

function observedLease(lease: Lease, observer: RegistryObserver): Lease {
  let isOver = false;
  const end = (how: "lost" | "given-up"): void => {
    if (!isOver) observer.leaseEnded(how);
    isOver = true;
  };
  observer.leaseGranted();
  lease.lost.addEventListener("abort", () => end("lost"), { once: true });
  return {
    id: lease.id,
    ttlMs: lease.ttlMs,
    lost: lease.lost,
    remainingMs: () => lease.remainingMs(),
    steadySinceMs: () => lease.steadySinceMs(),
    abandon: () => {
      end("given-up");
      lease.abandon();
    },
    revoke: (signal) => {
      end("given-up");
      return lease.revoke(signal);
    },
  };
}

function typeOfRange(query: RangeQuery): OperationType {
  return query.end === undefined ? "get" : "get_all";
}

function typeOfTxn({ success, failure = [] }: Txn): OperationType {
  const reads = [...success, ...failure].every(({ kind }) => kind === "get");
  return reads ? "get_all" : "set";
}
