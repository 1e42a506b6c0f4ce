import { type Clock, type Logger, silentLogger } from "@fleet/core";

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
import type { EtcdUser } from "./credentials.ts";
import { grantEtcdLease } from "./lease.ts";
import { readLeaseTimes } from "./lease-times.ts";
import type { EtcdTls } from "./member.ts";
import { readRange } from "./range.ts";
import { Requests } from "./requests.ts";
import { runTxn } from "./txn.ts";
import { watchRange } from "./watch.ts";

export interface EtcdStoreOptions {
  /** `http://HOST:PORT` or `https://HOST:PORT`, members of one cluster. */
  readonly endpoints: readonly string[];
  /** How long a request may take, over all members that are tried. */
  readonly requestTimeoutMs: number;
  readonly tls?: EtcdTls;
  /** Both or none. */
  readonly username?: string;
  readonly password?: string;
  /** The real one: requests, leases and etcd live in the same time. */
  readonly clock: Clock;
  readonly log?: Logger;
}

/**
 * A {@link Store} on a real etcd v3. Connects at the first request, not here; while no member
 * answers every call fails with a `RegistryUnavailableError` that says which member and why.
 */
export function openEtcdStore(options: EtcdStoreOptions): Store {
  const { username, password = "" } = options;
  const user: EtcdUser | undefined = username === undefined ? undefined : { username, password };
  const { endpoints, requestTimeoutMs, tls, clock } = options;
  const requests = new Requests({ endpoints, requestTimeoutMs, tls, user, clock });
  return new EtcdStore(requests, options.log ?? silentLogger);
}

class EtcdStore implements Store {
  readonly #requests: Requests;
  readonly #log: Logger;

  constructor(requests: Requests, log: Logger) {
    this.#requests = requests;
    this.#log = log;
  }

  range(query: RangeQuery, signal: AbortSignal): Promise<RangeResult> {
    return readRange(this.#requests, query, signal);
  }

  txn(txn: Txn, signal: AbortSignal): Promise<TxnResult> {
    return runTxn(this.#requests, txn, signal);
  }

  watch(watch: WatchRequest, signal: AbortSignal): Promise<WatchEnd> {
    return watchRange(this.#requests, watch, signal);
  }

  grantLease(ttlMs: number, signal: AbortSignal): Promise<Lease> {
    return grantEtcdLease(this.#requests, ttlMs, this.#log, signal);
  }

  leaseTimes(
    leases: readonly LeaseId[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<LeaseId, LeaseTime>> {
    return readLeaseTimes(this.#requests, leases, signal);
  }

  async close(): Promise<void> {
    await this.#requests.close();
  }
}
