import { RegistryUnavailableError, untilAborted } from "@fleet/core";

import type { Store, TxnResult } from "../src/index.ts";

/** Does what `store` does, but for what a test wants otherwise. */
export function forwardingStore(store: Store, otherwise: Partial<Store>): Store {
  return {
    range: (...args) => store.range(...args),
    txn: (...args) => store.txn(...args),
    watch: (...args) => store.watch(...args),
    grantLease: (...args) => store.grantLease(...args),
    leaseTimes: (...args) => store.leaseTimes(...args),
    close: () => store.close(),
    ...otherwise,
  };
}

/** After `after` transactions the next `count` happen, and their answers get lost. */
export function loseAnswers(store: Store, count: number, after = 0): Store {
  let seen = 0;
  return forwardingStore(store, {
    txn: async (...args) => {
      const result = await store.txn(...args);
      seen += 1;
      if (seen <= after || seen > after + count) return result;
      throw new RegistryUnavailableError("the answer got lost");
    },
  });
}

/**
 * Holds one transaction up on its way. It arrives when it is let go, at the latest behind the next one, and also when its
 * sender no longer waits for it.
 */
export class Detour {
  readonly store: Store;
  /** How many are still let through before one is held up. */
  #letThrough = Number.POSITIVE_INFINITY;
  #deliver: (() => Promise<void>) | undefined;

  constructor(store: Store) {
    this.store = forwardingStore(store, {
      txn: async (txn, signal) => {
        if (this.#letThrough === 0) {
          return this.#hold(() => store.txn(txn, new AbortController().signal), signal);
        }
        this.#letThrough -= 1;
        const result = await store.txn(txn, signal);
        await this.letGo();
        return result;
      },
    });
  }

  get holds(): boolean {
    return this.#deliver !== undefined;
  }

  /** Holds the one that comes after so many others. */
  holdAfter(count: number): void {
    this.#letThrough = count;
  }

  async letGo(): Promise<void> {
    const deliver = this.#deliver;
    this.#deliver = undefined;
    await deliver?.();
  }

  #hold(arrive: () => Promise<TxnResult>, signal: AbortSignal): Promise<TxnResult> {
    this.#letThrough = Number.POSITIVE_INFINITY;
    return new Promise((resolve, reject) => {
      this.#deliver = async () => resolve(await arrive());
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  }
}

/** A watch that is accepted and never tells anything. */
export const silentWatch: Store["watch"] = async (watch, signal) => {
  watch.onLive();
  await untilAborted(signal);
  return { kind: "aborted" };
};
