import type { Clock } from "@fleet/core";

import { leaseTimeOf } from "../lease-term.ts";
import type { LeaseId, LeaseTime } from "../store.ts";
import { compareBytes } from "./byte-order.ts";

const MS_PER_SECOND = 1_000;

interface Granted {
  readonly ttlMs: number;
  readonly keys: Set<string>;
  readonly over: AbortController;
  expiresAtMs: number;
}

/** The server's side of leases: which keys hang on which, and when they run out. */
export class LeaseTable {
  readonly #clock: Clock;
  readonly #removeKeys: (keys: readonly string[]) => void;
  readonly #granted = new Map<LeaseId, Granted>();
  readonly #leaseOfKey = new Map<string, LeaseId>();
  #lastId = 0;

  constructor(clock: Clock, removeKeys: (keys: readonly string[]) => void) {
    this.#clock = clock;
    this.#removeKeys = removeKeys;
  }

  has(id: LeaseId): boolean {
    return this.#granted.has(id);
  }

  grant(ttlMs: number): LeaseId {
    this.#lastId += 1;
    const id = String(this.#lastId);
    const expiresAtMs = this.#clock.monotonicMs() + ttlMs;
    const granted = { ttlMs, keys: new Set<string>(), over: new AbortController(), expiresAtMs };
    this.#granted.set(id, granted);
    void this.#expire(id, granted);
    return id;
  }

  /** As etcd tells it: in whole seconds. */
  timeOf(id: LeaseId): LeaseTime | undefined {
    const granted = this.#granted.get(id);
    if (granted === undefined) return undefined;
    const remainingMs = granted.expiresAtMs - this.#clock.monotonicMs();
    return leaseTimeOf(
      Math.floor(remainingMs / MS_PER_SECOND),
      Math.floor(granted.ttlMs / MS_PER_SECOND),
    );
  }

  keepAlive(id: LeaseId): boolean {
    const granted = this.#granted.get(id);
    if (granted === undefined) return false;
    granted.expiresAtMs = this.#clock.monotonicMs() + granted.ttlMs;
    return true;
  }

  /** From now on `key` hangs on lease `id`, or on none. */
  attach(key: string, id: LeaseId | undefined): void {
    this.#granted.get(this.#leaseOfKey.get(key) ?? "")?.keys.delete(key);
    this.#leaseOfKey.delete(key);
    if (id === undefined) return;
    this.#granted.get(id)?.keys.add(key);
    this.#leaseOfKey.set(key, id);
  }

  revoke(id: LeaseId): void {
    const granted = this.#granted.get(id);
    if (granted === undefined) return;
    this.#granted.delete(id);
    granted.over.abort();
    for (const key of granted.keys) this.#leaseOfKey.delete(key);
    this.#removeKeys([...granted.keys].toSorted(compareBytes));
  }

  async #expire(id: LeaseId, granted: Granted): Promise<void> {
    while (!granted.over.signal.aborted) {
      const leftMs = granted.expiresAtMs - this.#clock.monotonicMs();
      if (leftMs <= 0) return this.revoke(id);
      await this.#clock.sleep(leftMs, granted.over.signal);
    }
  }
}
