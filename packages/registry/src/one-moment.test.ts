import { silentLogger } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { expect, test } from "vitest";

import { FILE, HASH, M1, machineOf, signal, WEB } from "../testing/fixtures.ts";
import { forwardingStore } from "../testing/forwarding-store.ts";
import { RecordingClusterSink } from "../testing/recording-sinks.ts";
import { MemoryStore } from "./memory/index.ts";
import { openRegistry } from "./open-registry.ts";
import type { Operation, Store } from "./store.ts";

// Readings that take several requests, and a neighbour who writes between them.

const clock = new ManualClock();

function registryOf(store: Store) {
  return openRegistry(store, { prefix: "/", clock, log: silentLogger });
}

async function write(store: Store, ...success: readonly Operation[]): Promise<void> {
  await store.txn({ compare: [], success }, signal);
}

/** A store that holds web.service, and calls `meddle` once, after the first range was read. */
async function meddled(meddle: (store: Store) => Promise<unknown>): Promise<Store> {
  const store = new MemoryStore(clock);
  await registryOf(store).putUnit({ name: WEB, file: FILE, targetState: "loaded" }, 0, signal);
  let isDone = false;
  return forwardingStore(store, {
    range: async (...args) => {
      const result = await store.range(...args);
      if (!isDone) {
        isDone = true;
        await meddle(store);
      }
      return result;
    },
  });
}

test("a page shows units as they were, though their file is collected meanwhile", async () => {
  const key = `/unit-files/${HASH}`;
  const store = await meddled((its) => write(its, { kind: "delete", key }));
  const page = { start: { kind: "first" }, limit: 9 } as const;
  const { items } = await registryOf(store).unitPage(page, signal);
  expect(items.map((unit) => unit.file)).toEqual([FILE]);
});

test("a page is read again when what belongs to it was compacted meanwhile", async () => {
  const store = await meddled(async (its) => {
    await write(its, { kind: "put", key: "/other", value: "" });
    if (its instanceof MemoryStore) its.etcd.compact(its.etcd.revision);
  });
  const page = { start: { kind: "first" }, limit: 9 } as const;
  const { items } = await registryOf(store).unitPage(page, signal);
  expect(items.map((unit) => unit.name)).toEqual([WEB]);
});

test("the cluster's picture is of one moment; what came meanwhile follows as a change", async () => {
  const store = await meddled((its) => write(its, { kind: "delete", key: `/units/${WEB}` }));
  const sink = new RecordingClusterSink();
  const registry = registryOf(store);
  void registry.watchCluster(sink, signal);
  await clock.until("the view is current", () => sink.isLive === true);
  await clock.until("the change is told", () => sink.batches.length > 0);
  const [snapshot] = sink.snapshots;
  expect(snapshot?.units.map((unit) => unit.name)).toEqual([WEB]);
  expect(snapshot?.revision).toBe((sink.batches[0]?.revision ?? 0) - 1);
  expect(sink.told).toEqual([{ kind: "unit", name: WEB, unit: undefined }]);
  await registry.close();
});

test("the cluster's picture is current only when all of it is watched", async () => {
  const store = new MemoryStore(clock);
  const slow = forwardingStore(store, {
    watch: async (watch, until) => {
      if (watch.start.startsWith("/unit")) await clock.sleep(1_000, until);
      return store.watch(watch, until);
    },
  });
  const sink = new RecordingClusterSink();
  void registryOf(slow).watchCluster(sink, signal);
  await clock.advance(900);
  expect([sink.snapshots.length, sink.isLive]).toEqual([1, undefined]);
  await clock.advance(200);
  expect(sink.isLive).toBe(true);
  await slow.close();
});

test("a refused announcement leaves no lease behind", async () => {
  const store = new MemoryStore(clock);
  const announcement = { machine: machineOf(M1), ttlMs: 3_000 };
  const first = await registryOf(store).announce({ ...announcement, instance: "one" }, signal);
  const before = clock.sleepers;
  const second = registryOf(store).announce({ ...announcement, instance: "two" }, signal);
  let refusal: unknown;
  second.catch((error: unknown) => (refusal = error));
  await clock.until("it is refused", () => refusal !== undefined);
  expect(String(refusal)).toContain(M1);
  expect(clock.sleepers).toBe(before);
  await first.leave(signal);
  await store.close();
});
