import { RegistryUnavailableError, silentLogger } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { expect, test } from "vitest";

import {
  leadershipOf,
  M1,
  machineOf,
  presenceOf,
  signal,
  TTL_MS,
  WEB,
} from "../testing/fixtures.ts";
import { forwardingStore } from "../testing/forwarding-store.ts";
import { RecordingScheduleSink } from "../testing/recording-sinks.ts";
import { type EtcdMark, type EtcdMemory, refusingOtherEtcd } from "./same-etcd-store.ts";
import { MemoryEtcd, MemoryStore } from "./memory/index.ts";
import { openRegistry } from "./open-registry.ts";
import type { Store } from "./store.ts";

const HASH = "1".repeat(40);

/** A store that can be exchanged for another behind its user's back. */
function exchangeable(store: Store) {
  const current = { store };
  const forwarding = forwardingStore(store, {
    range: (...args) => current.store.range(...args),
    txn: (...args) => current.store.txn(...args),
    watch: (...args) => current.store.watch(...args),
  });
  return { current, forwarding };
}

test("an etcd that was wiped is not taken for one in which all work is done", async () => {
  const clock = new ManualClock();
  const store = new MemoryStore(clock);
  const key = `/test/schedule/${M1}/web.service`;
  const value = `{"hash":"${HASH}","targetState":"loaded"}`;
  await store.txn({ compare: [], success: [{ kind: "put", key, value }] }, signal);
  const { current, forwarding } = exchangeable(store);
  const registry = openRegistry(forwarding, { prefix: "/test/", clock, log: silentLogger });
  const sink = new RecordingScheduleSink();
  void registry.watchSchedule(M1, sink, signal);
  await clock.until("the view is current", () => sink.isLive === true);
  current.store = new MemoryStore(clock);
  store.disconnect();
  await clock.advance(10_000);
  expect([sink.told, sink.isLive]).toEqual([["all: web.service@loaded"], false]);
  await registry.close();
});

test("once an older revision was seen nothing is believed, however far the store gets", async () => {
  const clock = new ManualClock();
  const [old, fresh] = [new MemoryStore(clock), new MemoryStore(clock)];
  const put = { compare: [], success: [{ kind: "put", key: "a", value: "v" }] } as const;
  const { current, forwarding } = exchangeable(old);
  const guarded = refusingOtherEtcd(forwarding, { log: silentLogger, probeKey: "a" });
  for (let n = 0; n < 3; n += 1) await guarded.txn(put, signal);
  current.store = fresh;
  await expect(guarded.range({ start: "a" }, signal)).rejects.toThrow(RegistryUnavailableError);
  for (let n = 0; n < 9; n += 1) await fresh.txn(put, signal);
  await expect(guarded.range({ start: "a" }, signal)).rejects.toThrow(
    /reset, restored or exchanged/,
  );
  await expect(guarded.txn(put, signal)).rejects.toThrow(/reset, restored or exchanged/);
});

test("every lease is lost with the trust, also one that the restored etcd still has", async () => {
  const clock = new ManualClock();
  const etcd = new MemoryEtcd(clock);
  const { current, forwarding } = exchangeable(new MemoryStore(clock, etcd));
  const registry = openRegistry(forwarding, { prefix: "/test/", clock, log: silentLogger });
  const presence = await presenceOf(registry, machineOf(M1));
  const given = await leadershipOf(registry, M1);
  await given.resign(signal);
  current.store = new MemoryStore(clock);
  await expect(registry.storedUnit(WEB, signal)).rejects.toThrow(/reset, restored or exchanged/);
  expect([presence.lost.aborted, presence.remainingMs()]).toEqual([true, 0]);
  expect(presence.lost.reason).toBeInstanceOf(RegistryUnavailableError);
  expect(given.lost.aborted).toBe(false);
  expect(etcd.range({ start: `/test/machines/${M1}/object` }).items).toHaveLength(1);
  await clock.advance(2 * TTL_MS);
  expect(etcd.range({ start: `/test/machines/${M1}/object` }).items).toEqual([]);
  await registry.close();
});

test("a lease is not given back to an etcd that is not trusted", async () => {
  const clock = new ManualClock();
  const etcd = new MemoryEtcd(clock);
  const { current, forwarding } = exchangeable(new MemoryStore(clock, etcd));
  const guarded = refusingOtherEtcd(forwarding, { log: silentLogger, probeKey: "a" });
  const lease = await guarded.grantLease(TTL_MS, signal);
  const put = { kind: "put", key: "a", value: "v", lease: lease.id } as const;
  await guarded.txn({ compare: [], success: [put] }, signal);
  current.store = new MemoryStore(clock);
  await expect(guarded.range({ start: "a" }, signal)).rejects.toThrow(RegistryUnavailableError);
  await expect(lease.revoke(signal)).rejects.toThrow(/reset, restored or exchanged/);
  expect(etcd.range({ start: "a" }).items).toHaveLength(1);
});

test("the past may be read at any time", async () => {
  const guarded = refusingOtherEtcd(new MemoryStore(new ManualClock()), {
    log: silentLogger,
    probeKey: "a",
  });
  const put = { compare: [], success: [{ kind: "put", key: "a", value: "v" }] } as const;
  for (let n = 0; n < 3; n += 1) await guarded.txn(put, signal);
  expect((await guarded.range({ start: "a", revision: 2 }, signal)).items.length).toBe(1);
  expect((await guarded.range({ start: "a" }, signal)).revision).toBe(4);
});

const PUT = { compare: [], success: [{ kind: "put", key: "a", value: "v" }] } as const;

/** A process that remembers `known`; what it notes and what it logs. */
function remembering(etcd: MemoryEtcd, clock: ManualClock, known: EtcdMark | undefined) {
  const [noted, lines]: [EtcdMark[], string[]] = [[], []];
  const memory: EtcdMemory = { known, note: (mark) => noted.push(mark), wayOut: "delete FILE" };
  const log = { ...silentLogger, error: (_: object, line: string) => void lines.push(line) };
  const store = refusingOtherEtcd(new MemoryStore(clock, etcd), { log, memory, probeKey: "a" });
  return { store, noted, lines };
}

test("a process tells its successor which etcd it was, and the successor accepts it", async () => {
  const clock = new ManualClock();
  const etcd = new MemoryEtcd(clock, "17");
  const first = remembering(etcd, clock, undefined);
  for (let n = 0; n < 3; n += 1) await first.store.txn(PUT, signal);
  expect(first.noted.at(-1)).toEqual({ cluster: "17", revision: etcd.revision });
  const second = remembering(etcd, clock, first.noted.at(-1));
  await second.store.txn(PUT, signal);
  expect(second.noted).toEqual([{ cluster: "17", revision: etcd.revision }]);
  expect(second.lines).toEqual([]);
});

test("what a watch tells is remembered, too", async () => {
  const clock = new ManualClock();
  const etcd = new MemoryEtcd(clock);
  const { store, noted } = remembering(etcd, clock, undefined);
  await store.range({ start: "a" }, signal);
  const watch = { start: "a", end: "b", fromRevision: 1, onLive() {}, onEvents() {} };
  void store.watch(watch, signal);
  await clock.settle();
  etcd.txn(PUT);
  await clock.settle();
  expect(noted.at(-1)?.revision).toBe(etcd.revision);
});

test.for<[what: string, known: EtcdMark, line: RegExp]>([
  [
    "was emptied",
    { cluster: "17", revision: 900 },
    /^etcd is at revision 1 and was at 900 before: .*; if it is the right one now, delete FILE$/,
  ],
  [
    "is another cluster, however far it has got",
    { cluster: "171", revision: 1 },
    /^etcd is cluster 11 and was cluster ab before: .* delete FILE$/,
  ],
])("an etcd that %s since the last process is asked nothing, and one line says so", async (row) => {
  const [, known, line] = row;
  const requests: readonly ((store: Store) => Promise<unknown>)[] = [
    (store) => store.txn(PUT, signal),
    (store) => store.grantLease(2_000, signal),
    (store) => store.range({ start: "a" }, signal),
  ];
  for (const request of requests) {
    const clock = new ManualClock();
    const etcd = new MemoryEtcd(clock, "17");
    const { store, noted, lines } = remembering(etcd, clock, known);
    for (let n = 0; n < 2; n += 1) await expect(request(store)).rejects.toThrow(line);
    expect([lines, noted, clock.sleepers, etcd.revision]).toEqual([
      [expect.stringMatching(line)],
      [],
      0,
      1,
    ]);
  }
});
