import { silentLogger } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { expect, test } from "vitest";

import { leadershipOf, M1, machineOf, presenceOf, signal } from "../testing/fixtures.ts";
import { RecordingScheduleSink } from "../testing/recording-sinks.ts";
import { MemoryStore } from "./memory/index.ts";
import { observedStore, type RegistryObserver } from "./observed-store.ts";
import { openRegistry } from "./open-registry.ts";
import type { Store } from "./store.ts";

/** A store in memory, and all that is told of it, in order. */
function observed() {
  const clock = new ManualClock();
  const store = new MemoryStore(clock);
  const told: string[] = [];
  const observer: RegistryObserver = {
    operationDone: (type, ms, succeeded) =>
      void told.push(`${type} ${ms} ${succeeded ? "ok" : "failed"}`),
    watchOpened: () => void told.push("watch opened"),
    watchEnded: (how) => void told.push(`watch ${how}`),
    leaseGranted: () => void told.push("lease granted"),
    leaseEnded: (how) => void told.push(`lease ${how}`),
  };
  return { clock, store, told, observer };
}

test.for<[kind: string, ask: (store: Store) => Promise<unknown>]>([
  ["get", (store) => store.range({ start: "a" }, signal)],
  ["get_all", (store) => store.range({ start: "a", end: "b" }, signal)],
  ["get_all", (store) => store.txn({ compare: [], success: [{ kind: "get", key: "a" }] }, signal)],
  ["set", (store) => store.txn({ compare: [], success: [{ kind: "delete", key: "a" }] }, signal)],
  ["lease", (store) => store.grantLease(2_000, signal)],
  ["lease", (store) => store.leaseTimes([], signal)],
])("a request is told as %s, with its time and its outcome", async ([kind, ask]) => {
  const { clock, store, told, observer } = observed();
  const slow = async <T>(request: Promise<T>): Promise<T> => {
    await clock.sleep(30, signal);
    return request;
  };
  const asked = ask(
    observedStore(
      {
        range: (...args) => slow(store.range(...args)),
        txn: (...args) => slow(store.txn(...args)),
        grantLease: (...args) => slow(store.grantLease(...args)),
        watch: (...args) => store.watch(...args),
        leaseTimes: (...args) => slow(store.leaseTimes(...args)),
        close: () => store.close(),
      },
      observer,
      clock,
    ),
  );
  await clock.advance(30);
  await asked;
  store.disconnect();
  await expect(ask(observedStore(store, observer, clock))).rejects.toThrow("connection refused");
  expect(told.filter((line) => !line.startsWith("lease granted"))).toEqual([
    `${kind} 30 ok`,
    `${kind} 0 failed`,
  ]);
  await store.close();
});

test("a request that its caller called off is no failure of etcd's", async () => {
  const { clock, store, told, observer } = observed();
  const gone = AbortSignal.abort(new Error("called off"));
  const asked = observedStore(store, observer, clock).range({ start: "a" }, gone);
  await expect(asked).rejects.toThrow("called off");
  expect(told).toEqual([]);
});

test("watches and leases are told from their beginning to their end, and how that came", async () => {
  const { clock, store, told, observer } = observed();
  const options = { prefix: "/", clock, log: silentLogger, observer };
  const registry = openRegistry(store, options);
  const lifeOf = (what: string) =>
    told.filter((line) => line.startsWith(what)).map((line) => line.split(" ")[1]);
  const stop = new AbortController();
  const watching = registry.watchSchedule(M1, new RecordingScheduleSink(), stop.signal);
  await clock.settle();
  store.disconnect();
  store.reconnect();
  await clock.until("it is watched again", () => lifeOf("watch").length === 3);
  stop.abort();
  await watching;
  expect(lifeOf("watch")).toEqual(["opened", "broken", "opened", "aborted"]);
  const presence = await presenceOf(registry, machineOf(M1));
  await presence.leave(signal);
  expect(lifeOf("lease").filter((how) => how !== "0")).toEqual(["granted", "given-up"]);
  const leadership = await leadershipOf(registry, M1);
  store.disconnect();
  await clock.until("the lease is lost", () => leadership.lost.aborted);
  expect(
    lifeOf("lease")
      .filter((how) => how !== "0")
      .slice(2),
  ).toEqual(["granted", "lost"]);
  await registry.close();
});
