import { ManualClock } from "@fleet/core/testing";

import { MemoryEtcd, MemoryStore } from "../src/memory/index.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

/** A fresh etcd in memory, with a clock that moves only when the test waits. */
export async function openMemoryUnderTest(): Promise<StoreUnderTest> {
  const clock = new ManualClock();
  const etcd = new MemoryEtcd(clock);
  const stores: MemoryStore[] = [];
  return {
    clock,
    prefix: "/test/",
    open: () => {
      const store = new MemoryStore(clock, etcd);
      stores.push(store);
      return store;
    },
    compact: async (revision) => etcd.compact(revision),
    cutOff: async () => stores.forEach((store) => store.disconnect()),
    heal: async () => stores.forEach((store) => store.reconnect()),
    until: (what, probe) => clock.until(what, probe),
    pass: (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: async () => {
      for (const store of stores) await store.close();
    },
  };
}
