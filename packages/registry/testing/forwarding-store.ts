import { RegistryUnavailableError, untilAborted } from "@fleet/core";

import type { Store } from "../src/index.ts";

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

/** A watch that is accepted and never tells anything. */
export const silentWatch: Store["watch"] = async (watch, signal) => {
  watch.onLive();
  await untilAborted(signal);
  return { kind: "aborted" };
};
