import { type Clock, RegistryUnavailableError } from "@fleet/core";

import { LeaseTerm } from "../lease-term.ts";
import { onAbort } from "../signals.ts";
import type {
  Lease,
  LeaseId,
  LeaseTime,
  RangeQuery,
  RangeResult,
  Store,
  Txn,
  TxnResult,
  WatchEnd,
  WatchRequest,
} from "../store.ts";
import { MemoryEtcd } from "./memory-etcd.ts";

const MS_PER_SECOND = 1_000;
const KEEP_ALIVES_PER_TTL = 3;
const RETRY_MS = 200;

/**
 * The twin of the store on a real etcd: one client's connection to a {@link MemoryEtcd}. A wrapper
 * may delay or refuse its calls; {@link disconnect} cuts off what it does by itself, too.
 */
export class MemoryStore implements Store {
  readonly etcd: MemoryEtcd;
  readonly #clock: Clock;
  /** Aborts with the end of every watch that is open. */
  #connection = new AbortController();
  readonly #closed = new AbortController();
  #unreachable: string | undefined;

  /** Absent `etcd`: one of its own. */
  constructor(clock: Clock, etcd: MemoryEtcd = new MemoryEtcd(clock)) {
    this.#clock = clock;
    this.etcd = etcd;
  }

  /** From now on etcd is out of this client's reach: requests fail, watches break, leases run out. */
  disconnect(reason = "connection refused"): void {
    this.#unreachable = reason;
    const error = new RegistryUnavailableError(`etcd in memory: ${reason}`);
    this.#connection.abort({ kind: "broken", error } satisfies WatchEnd);
    this.#connection = new AbortController();
  }

  reconnect(): void {
    if (!this.#closed.signal.aborted) this.#unreachable = undefined;
  }

  async range(query: RangeQuery, signal: AbortSignal): Promise<RangeResult> {
    this.#requireReachable(signal);
    return this.etcd.range(query);
  }

  async txn(txn: Txn, signal: AbortSignal): Promise<TxnResult> {
    this.#requireReachable(signal);
    return this.etcd.txn(txn);
  }

  async watch(watch: WatchRequest, signal: AbortSignal): Promise<WatchEnd> {
    if (signal.aborted || this.#closed.signal.aborted) return { kind: "aborted" };
    const error = this.#refusal();
    if (error !== undefined) return { kind: "broken", error };
    const ended = new AbortController();
    const connection = this.#connection.signal;
    const releases = [
      onAbort(signal, () => ended.abort({ kind: "aborted" } satisfies WatchEnd)),
      onAbort(connection, () => ended.abort(connection.reason)),
    ];
    try {
      return await this.etcd.watchers.watch(watch, ended.signal);
    } finally {
      for (const release of releases) release();
    }
  }

  async grantLease(ttlMs: number, signal: AbortSignal): Promise<Lease> {
    this.#requireReachable(signal);
    const grantedMs = Math.ceil(ttlMs / MS_PER_SECOND) * MS_PER_SECOND;
    const id = this.etcd.grantLease(grantedMs);
    const term = new LeaseTerm(this.#clock, grantedMs, this.#clock.monotonicMs());
    void this.#keepAlive(id, term);
    return {
      id,
      ttlMs: grantedMs,
      lost: term.lost,
      remainingMs: () => term.remainingMs(),
      steadySinceMs: () => term.steadySinceMs(),
      abandon: () => term.giveUp(),
      revoke: async (until) => {
        term.giveUp();
        this.#requireReachable(until);
        this.etcd.revoke(id);
      },
    };
  }

  async leaseTimes(
    leases: readonly LeaseId[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<LeaseId, LeaseTime>> {
    this.#requireReachable(signal);
    const times = new Map<LeaseId, LeaseTime>();
    for (const id of leases) {
      const time = this.etcd.leaseTime(id);
      if (time !== undefined) times.set(id, time);
    }
    return times;
  }

  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.#unreachable = "the connection to etcd was closed";
    this.#connection.abort({ kind: "aborted" } satisfies WatchEnd);
  }

  /** Asks etcd to renew a lease, and whether it still holds; `undefined`: there was no answer. */
  protected renew(id: LeaseId): boolean | undefined {
    return this.#unreachable === undefined ? this.etcd.keepAlive(id) : undefined;
  }

  async #keepAlive(id: LeaseId, term: LeaseTerm): Promise<void> {
    const release = onAbort(this.#closed.signal, () => term.giveUp());
    while (!term.over.aborted) {
      const holds = this.renew(id);
      if (holds === false) term.lose(new Error("etcd says that the lease is over"));
      else if (holds === true) term.extend(this.#clock.monotonicMs());
      const waitMs = holds === undefined ? RETRY_MS : term.ttlMs / KEEP_ALIVES_PER_TTL;
      await this.#clock.sleep(waitMs, term.over);
    }
    release();
  }

  #refusal(): RegistryUnavailableError | undefined {
    const reason = this.#unreachable;
    return reason === undefined
      ? undefined
      : new RegistryUnavailableError(`etcd in memory: ${reason}`);
  }

  #requireReachable(signal: AbortSignal): void {
    signal.throwIfAborted();
    const error = this.#refusal();
    if (error !== undefined) throw error;
  }
}
