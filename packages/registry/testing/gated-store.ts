import { RegistryUnavailableError } from "@fleet/core";

import type {
  Lease,
  RangeQuery,
  RangeResult,
  Store,
  Txn,
  TxnResult,
  WatchEnd,
  WatchRequest,
} from "../src/index.ts";

/** A store with a gate in front: while it is shut, this client is cut off and no other. */
export class GatedStore implements Store {
  readonly #store: Store;
  #passing = new AbortController();

  constructor(store: Store) {
    this.#store = store;
  }

  shut(): void {
    this.#passing.abort();
  }

  reopen(): void {
    this.#passing = new AbortController();
  }

  async range(query: RangeQuery, signal: AbortSignal): Promise<RangeResult> {
    this.#refuseIfShut();
    return this.#store.range(query, signal);
  }

  async txn(txn: Txn, signal: AbortSignal): Promise<TxnResult> {
    this.#refuseIfShut();
    return this.#store.txn(txn, signal);
  }

  async watch(watch: WatchRequest, signal: AbortSignal): Promise<WatchEnd> {
    const passing = this.#passing.signal;
    const end = await this.#store.watch(watch, AbortSignal.any([signal, passing]));
    if (signal.aborted || !passing.aborted) return end;
    return { kind: "broken", error: new RegistryUnavailableError("the gate is shut") };
  }

  async grantLease(ttlMs: number, signal: AbortSignal): Promise<Lease> {
    this.#refuseIfShut();
    return this.#store.grantLease(ttlMs, signal);
  }

  async leaseTimes(...args: Parameters<Store["leaseTimes"]>): ReturnType<Store["leaseTimes"]> {
    this.#refuseIfShut();
    return this.#store.leaseTimes(...args);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  #refuseIfShut(): void {
    if (this.#passing.signal.aborted) throw new RegistryUnavailableError("the gate is shut");
  }
}
