import type { Store } from "../src/index.ts";
import { untilAborted } from "../src/signals.ts";

/** Does what `store` does, but for what a test wants otherwise. */
export function forwardingStore(store: Store, otherwise: Partial<Store>): Store {
  return {
    range: (...args) => store.range(...args),
    txn: (...args) => store.txn(...args),
    watch: (...args) => store.watch(...args),
    grantLease: (...args) => store.grantLease(...args),
    close: () => store.close(),
    ...otherwise,
  };
}

/** A watch that is accepted and never tells anything. */
export const silentWatch: Store["watch"] = async (watch, signal) => {
  watch.onLive();
  await untilAborted(signal);
  return { kind: "aborted" };
};
