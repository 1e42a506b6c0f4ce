import { silentLogger } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { beforeEach, describe, expect, test } from "vitest";

import { leadershipOf, M1, machineOf, presenceOf, signal, TTL_MS } from "../testing/fixtures.ts";
import { forwardingStore } from "../testing/forwarding-store.ts";
import type { LeaseUse } from "./lease-ttls.ts";
import { MemoryStore } from "./memory/index.ts";
import { openRegistry } from "./open-registry.ts";
import type { Registry } from "./registry.ts";

// What happens while a lease is exchanged for one of another length: each request can be held up on its way.

const LONG_MS = 4 * TTL_MS;
const USES: readonly LeaseUse[] = ["presence", "leadership"];

let clock = new ManualClock();
let store = new MemoryStore(clock);
let registry: Registry;
/** What waits before a request is sent; nothing: it is sent at once. */
let hold: Partial<Record<"grant" | "txn", Promise<void>>> = {};

beforeEach(() => {
  clock = new ManualClock();
  store = new MemoryStore(clock);
  hold = {};
  const slow = forwardingStore(store, {
    grantLease: async (ttlMs, until) => {
      await hold.grant;
      return store.grantLease(ttlMs, until);
    },
    txn: async (txn, until) => {
      await hold.txn;
      return store.txn(txn, until);
    },
  });
  registry = openRegistry(slow, { prefix: "/", clock, log: silentLogger });
  return () => registry.close();
});

/** Holds up every request of a kind until the function it returns is called. */
function holdUp(kind: "grant" | "txn"): () => void {
  let release = (): void => {};
  hold[kind] = new Promise((resolve) => {
    release = resolve;
  });
  return () => {
    delete hold[kind];
    release();
  };
}

const held = (use: LeaseUse) =>
  use === "presence" ? presenceOf(registry, machineOf(M1)) : leadershipOf(registry, M1);

const keys = async (): Promise<readonly string[]> =>
  (await store.range({ start: "/", end: "0" }, signal)).items.map(({ key }) => key);

describe.each(USES)("a %s", (use) => {
  test("that is lost while its new lease is granted is not revived under it", async () => {
    const { lost } = await held(use);
    const release = holdUp("grant");
    const changing = registry.changeLeaseTtl(use, LONG_MS, signal);
    await clock.settle();
    store.disconnect();
    await clock.until("it is lost", () => lost.aborted);
    store.reconnect();
    expect(await keys()).toHaveLength(1);
    release();
    await changing;
    await clock.advance(2 * LONG_MS);
    expect(await keys()).toEqual([]);
  });

  test("that comes while the length is changed has the new one", async () => {
    const release = holdUp("grant");
    const coming = held(use);
    await clock.settle();
    const changing = registry.changeLeaseTtl(use, LONG_MS, signal);
    release();
    const { lost } = await coming;
    await changing;
    store.disconnect();
    await clock.advance(2 * TTL_MS);
    expect(lost.aborted).toBe(false);
  });

  test("outlives a change that another change overtakes", async () => {
    const { lost } = await held(use);
    const release = holdUp("txn");
    const stop = new AbortController();
    const first = registry.changeLeaseTtl(use, 2 * LONG_MS, stop.signal);
    await clock.settle();
    stop.abort();
    const second = registry.changeLeaseTtl(use, LONG_MS, signal);
    await clock.settle();
    release();
    await Promise.allSettled([first, second]);
    expect(lost.aborted).toBe(false);
    await clock.advance(4 * LONG_MS);
    expect([lost.aborted, (await keys()).length]).toEqual([false, 1]);
    store.disconnect();
    await clock.until("it is lost", () => lost.aborted, LONG_MS);
  });

  test("stays when etcd cannot be reached for a change", async () => {
    const { lost } = await held(use);
    store.disconnect();
    await expect(registry.changeLeaseTtl(use, LONG_MS, signal)).rejects.toThrow("refused");
    store.reconnect();
    await clock.advance(LONG_MS);
    expect(lost.aborted).toBe(false);
  });
});

test("no lease is left that nobody needs, however often the length changes", async () => {
  const leadership = await leadershipOf(registry, M1);
  await Promise.all(
    [1, 2, 3].map((n) => registry.changeLeaseTtl("leadership", n * TTL_MS, signal)),
  );
  await leadership.resign(signal);
  await registry.changeLeaseTtl("leadership", LONG_MS, signal);
  await clock.settle();
  expect(clock.sleepers).toBe(0);
});
