import { RegistryUnavailableError, silentLogger } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { expect, test } from "vitest";

import { M1, signal } from "../testing/fixtures.ts";
import { forwardingStore } from "../testing/forwarding-store.ts";
import { RecordingScheduleSink } from "../testing/recording-sinks.ts";
import { refusingOlderRevisions } from "./forward-only-store.ts";
import { MemoryStore } from "./memory/index.ts";
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
  const guarded = refusingOlderRevisions(forwarding);
  for (let n = 0; n < 3; n += 1) await guarded.txn(put, signal);
  current.store = fresh;
  await expect(guarded.range({ start: "a" }, signal)).rejects.toThrow(RegistryUnavailableError);
  for (let n = 0; n < 9; n += 1) await fresh.txn(put, signal);
  await expect(guarded.range({ start: "a" }, signal)).rejects.toThrow(/reset or restored/);
  await expect(guarded.txn(put, signal)).rejects.toThrow(/reset or restored/);
});

test("the past may be read at any time", async () => {
  const guarded = refusingOlderRevisions(new MemoryStore(new ManualClock()));
  const put = { compare: [], success: [{ kind: "put", key: "a", value: "v" }] } as const;
  for (let n = 0; n < 3; n += 1) await guarded.txn(put, signal);
  expect((await guarded.range({ start: "a", revision: 2 }, signal)).items.length).toBe(1);
  expect((await guarded.range({ start: "a" }, signal)).revision).toBe(4);
});
