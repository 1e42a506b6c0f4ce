import { RegistryUnavailableError } from "@fleet/core";
import { describe, expect, test } from "vitest";

import type { LeaseId, Store, WatchRequest } from "../src/index.ts";
import { RecordedWatch } from "./recorded-watch.ts";
import { signal, TTL_MS, untilEmpty } from "./fixtures.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

async function putUnder(store: Store, lease: LeaseId | undefined, key: string): Promise<void> {
  const put = { kind: "put", key, value: "v", ...(lease === undefined ? {} : { lease }) } as const;
  await store.txn({ compare: [], success: [put] }, signal);
}

async function keysOf(store: Store, prefix: string): Promise<string[]> {
  const { items } = await store.range({ start: prefix, end: `${prefix}z` }, signal);
  return items.map((item) => item.key.slice(prefix.length));
}

/** Watches what happens from now on. */
async function watchFromNow(store: Store, prefix: string): Promise<RecordedWatch> {
  const { revision } = await store.range({ start: prefix }, signal);
  const range = { start: prefix, end: `${prefix}z`, fromRevision: revision + 1 };
  return new RecordedWatch(store, range);
}

export function describeLeases(open: () => Promise<StoreUnderTest>): void {
  describe("leases", () => {
    test("a lease is kept alive, and its keys with it, for longer than its time", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const lease = await store.grantLease(TTL_MS - 500, signal);
      await putUnder(store, lease.id, `${p}a`);
      await etcd.pass(TTL_MS * 1.5);
      expect(await keysOf(store, p)).toEqual(["a"]);
      expect([lease.ttlMs, lease.lost.aborted]).toEqual([TTL_MS, false]);
      expect(lease.remainingMs()).toBeGreaterThan(0);
      expect(lease.remainingMs()).toBeLessThan(TTL_MS);
    });

    test("how long leases last is told to anybody, and keeps none of them alive", async () => {
      await using etcd = await open();
      const [store, other] = [etcd.open(), etcd.open()];
      const sinceMs = etcd.clock.monotonicMs();
      const [kept, left] = [
        await store.grantLease(2 * TTL_MS, signal),
        await store.grantLease(TTL_MS, signal),
      ];
      left.abandon();
      const leftMs = async (): Promise<number | undefined> =>
        (await other.leaseTimes([left.id], signal)).get(left.id)?.remainingMs;
      const [atFirstMs, tookMs] = [await leftMs(), etcd.clock.monotonicMs() - sinceMs];
      expect(atFirstMs).toBeGreaterThanOrEqual(TTL_MS - 500 - tookMs);
      await etcd.pass(TTL_MS / 2);
      expect(await leftMs()).toBeLessThanOrEqual(TTL_MS / 2 + 500);
      await etcd.pass(TTL_MS);
      const times = await other.leaseTimes([kept.id, left.id], signal);
      const { remainingMs, ttlMs } = times.get(kept.id) ?? {};
      expect([times.size, ttlMs]).toEqual([1, 2 * TTL_MS]);
      expect(remainingMs).toBeGreaterThanOrEqual(TTL_MS - 500);
      expect(remainingMs).toBeLessThanOrEqual(2 * TTL_MS + 500);
    });

    test("how long leases last is not known while nothing answers", async () => {
      await using etcd = await open();
      const store = etcd.open();
      const lease = await store.grantLease(TTL_MS, signal);
      await etcd.cutOff();
      await expect(store.leaseTimes([lease.id], signal)).rejects.toThrow(RegistryUnavailableError);
      await etcd.heal();
    });

    test("revoking takes the keys away at once, all in one revision, and is no loss", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const lease = await store.grantLease(TTL_MS, signal);
      await putUnder(store, lease.id, `${p}b`);
      await putUnder(store, lease.id, `${p}a`);
      await putUnder(store, undefined, `${p}c`);
      const watch = await watchFromNow(store, p);
      await lease.revoke(signal);
      expect(await keysOf(store, p)).toEqual(["c"]);
      await etcd.until("both removals are told", () => watch.told.length === 2);
      expect(watch.told).toEqual([`-${p}a`, `-${p}b`]);
      expect(watch.revisions.length).toBe(1);
      expect([lease.remainingMs(), lease.lost.aborted]).toEqual([0, false]);
      await lease.revoke(signal);
      watch.stop();
    });

    test("a key says which lease it goes with, to readers and to watches", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const { id } = await store.grantLease(TTL_MS, signal);
      const { revision } = await store.range({ start: p }, signal);
      await putUnder(store, id, `${p}bound`);
      await putUnder(store, undefined, `${p}free`);
      const watched: (LeaseId | undefined)[] = [];
      const onEvents: WatchRequest["onEvents"] = (events) => {
        for (const event of events) if (event.kind === "put") watched.push(event.item.lease);
      };
      const range = { start: p, end: `${p}z` };
      const stop = new AbortController();
      const watch = { ...range, fromRevision: revision + 1, onLive: () => {}, onEvents };
      const watching = store.watch(watch, stop.signal);
      await etcd.until("both are told", () => watched.length === 2);
      stop.abort();
      await watching;
      const read = (await store.range(range, signal)).items.map(({ lease }) => lease);
      expect({ read, watched }).toEqual({ read: [id, undefined], watched: [id, undefined] });
    });

    test("a key moves to the lease, or to none, that it was written with last", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const [first, second] = [
        await store.grantLease(TTL_MS, signal),
        await store.grantLease(TTL_MS, signal),
      ];
      for (const name of ["moved", "freed"]) await putUnder(store, first.id, p + name);
      await putUnder(store, second.id, `${p}moved`);
      await putUnder(store, undefined, `${p}freed`);
      await first.revoke(signal);
      expect(await keysOf(store, p)).toEqual(["freed", "moved"]);
      await second.revoke(signal);
      expect(await keysOf(store, p)).toEqual(["freed"]);
    });

    test("the holder knows of the loss before anybody else can see it", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const lease = await store.grantLease(TTL_MS, signal);
      await putUnder(store, lease.id, `${p}a`);
      await etcd.cutOff();
      const cutAtMs = etcd.clock.monotonicMs();
      await etcd.until("the loss is known", () => lease.lost.aborted);
      expect(etcd.clock.monotonicMs() - cutAtMs).toBeLessThan(TTL_MS);
      expect(lease.lost.reason).toBeInstanceOf(Error);
      expect(lease.remainingMs()).toBe(0);
      await etcd.heal();
      await untilEmpty(etcd, "");
    });

    test("a lease is steady since it was granted, or since the end of an interruption of half its time", async () => {
      await using etcd = await open();
      const lease = await etcd.open().grantLease(2 * TTL_MS, signal);
      const grantedMs = etcd.clock.monotonicMs();
      await etcd.pass(TTL_MS * 1.5);
      expect(lease.steadySinceMs()).toBeLessThanOrEqual(grantedMs);
      await etcd.cutOff();
      await etcd.pass(TTL_MS * 1.1);
      const healedMs = etcd.clock.monotonicMs();
      expect(lease.steadySinceMs()).toBeCloseTo(healedMs, -2);
      await etcd.heal();
      await etcd.pass(TTL_MS);
      expect(lease.steadySinceMs()).toBeGreaterThanOrEqual(healedMs);
      expect(lease.steadySinceMs()).toBeLessThan(etcd.clock.monotonicMs());
      expect(lease.lost.aborted).toBe(false);
    });

    test("an interruption that is shorter than the lease is none", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const lease = await store.grantLease(TTL_MS, signal);
      await putUnder(store, lease.id, `${p}a`);
      await etcd.cutOff();
      await etcd.pass(TTL_MS / 3);
      await etcd.heal();
      await etcd.pass(TTL_MS);
      expect(await keysOf(store, p)).toEqual(["a"]);
      expect(lease.lost.aborted).toBe(false);
    });

    test("a holder whose connection is closed keeps nothing alive and is told nothing", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const lease = await store.grantLease(TTL_MS, signal);
      await putUnder(store, lease.id, `${p}a`);
      await store.close();
      await untilEmpty(etcd, "");
      expect([lease.remainingMs(), lease.lost.aborted]).toEqual([0, false]);
    });

    test("revoking while nothing answers fails, but stops keeping it alive", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const lease = await store.grantLease(TTL_MS, signal);
      await putUnder(store, lease.id, `${p}a`);
      await etcd.cutOff();
      await expect(lease.revoke(signal)).rejects.toThrow();
      expect([lease.remainingMs(), lease.lost.aborted]).toEqual([0, false]);
      await etcd.heal();
      await untilEmpty(etcd, "");
    });
  });
}
