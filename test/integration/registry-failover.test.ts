import { setTimeout as sleep } from "node:timers/promises";

import { RegistryUnavailableError } from "@fleet/core";
import type { Store } from "@fleet/registry";
import { openEtcdStore } from "@fleet/registry/etcd";
import { startEtcd, startEtcdCluster, until } from "@fleet/rig";
import { expect, onTestFinished, test, vi } from "vitest";

import { LastingWatch, realClock, storeOn, untilTrue } from "./registry-under-test.ts";

const { signal } = new AbortController();

async function put(store: Store, key: string): Promise<void> {
  await store.txn({ compare: [], success: [{ kind: "put", key, value: "v" }] }, signal);
}

/** Addresses at which nobody listens. */
const DEAD = "http://127.0.0.1:1";
const DEAD_TOO = "http://127.0.0.1:2";

// Which member a store tries first is its own choice: several stores make both orders certain enough.
const STORES = 6;

test("a member that refuses connections costs neither a read nor a write", async () => {
  await using etcd = await startEtcd();
  const endpoints = [DEAD, etcd.endpoint, DEAD_TOO];
  for (let n = 0; n < STORES; n += 1) {
    const store = storeOn(endpoints);
    await put(store, `k${n}`);
    expect((await store.range({ start: `k${n}` }, signal)).items.length).toBe(1);
    await store.close();
  }
});

test("a member that hangs costs a read some time, a write one refusal, and then nothing", async () => {
  await using hung = await startEtcd();
  await using etcd = await startEtcd();
  hung.pause();
  const outcomes = new Set<string>();
  for (let n = 0; n < STORES; n += 1) {
    const [reader, writer] = [
      storeOn([hung.endpoint, etcd.endpoint]),
      storeOn([etcd.endpoint, hung.endpoint]),
    ];
    await reader.range({ start: "k" }, signal);
    const first = await put(writer, "k").then(
      () => "done",
      (error: unknown) => (error instanceof RegistryUnavailableError ? "refused" : "bug"),
    );
    outcomes.add(first);
    await put(writer, "k");
    await reader.close();
    await writer.close();
  }
  expect(outcomes.has("bug")).toBe(false);
});

test("leases and watches move to another member when theirs dies", async () => {
  await using cluster = await startEtcdCluster(3);
  const stores = cluster.endpoints.map(() => storeOn(cluster.endpoints));
  const leases = await Promise.all(stores.map((store) => store.grantLease(5_000, signal)));
  const stop = new AbortController();
  const watches = stores.map(() => new LastingWatch());
  const running = watches.map((watch, n) => watch.run(stores[n] ?? storeOn([]), stop.signal));
  for (const member of cluster.members) {
    await untilTrue("all watches are live", () => watches.every((watch) => watch.live));
    await member.kill();
    await member.restart();
  }
  await untilTrue("all watches are live", () => watches.every((watch) => watch.live));
  // Each has been on some member, and each member was down once.
  expect(Math.min(...watches.map((watch) => watch.breaks))).toBeGreaterThan(0);
  expect(leases.map((lease) => lease.lost.aborted)).toEqual([false, false, false]);
  expect(Math.min(...leases.map((lease) => lease.remainingMs()))).toBeGreaterThan(1_000);
  stop.abort();
  await Promise.all(running);
  for (const store of stores) await store.close();
});

test("a member that is cut off from the others ends its watches", async () => {
  await using cluster = await startEtcdCluster(3);
  const [lonely, ...others] = cluster.members;
  const store = storeOn([lonely?.endpoint ?? ""]);
  let [live, ended] = ["", ""];
  const onLive = (): void => void (live = "yes");
  const watch = { start: "a", end: "b", fromRevision: 1, onLive, onEvents: () => {} };
  void store.watch(watch, signal).then((end) => {
    ended = end.kind === "broken" ? end.error.message : end.kind;
    return end;
  });
  await untilTrue("the watch is live", () => live !== "");
  for (const other of others) other.pause();
  await untilTrue("the watch ends", () => ended !== "");
  expect(ended).toContain("no leader");
  await store.close();
});

test("what is asked while there is no leader is answered once there is one", async () => {
  await using cluster = await startEtcdCluster(3);
  const [lonely, ...others] = cluster.members;
  const endpoints = [lonely?.endpoint ?? ""];
  const hasty = storeOn(endpoints);
  const patient = openEtcdStore({ endpoints, requestTimeoutMs: 20_000, clock: realClock });
  await Promise.all(others.map((other) => other.kill()));
  await until(
    "there is no leader",
    async () => {
      const asking = hasty.range({ start: "k" }, signal);
      const saw = await asking.then(
        () => "an answer",
        (error: Error) => error.message,
      );
      return saw.includes("no leader") ? { done: true, value: undefined } : { done: false, saw };
    },
    { withinMs: 20_000 },
  );
  const asked = [
    patient.range({ start: "k" }, signal),
    put(patient, "k"),
    patient.grantLease(5_000, signal),
  ];
  await Promise.all(others.map((other) => other.restart()));
  await Promise.all(asked);
  await hasty.close();
  await patient.close();
});

test("a failure names the operation, the member and the reason", async () => {
  const refused = storeOn([DEAD]);
  const address = DEAD.slice("http://".length);
  await expect(refused.range({ start: "a" }, signal)).rejects.toThrow(
    new RegExp(`^etcd range at ${DEAD}: connect ECONNREFUSED ${address}$`),
  );
  await using hung = await startEtcd();
  const store = storeOn([hung.endpoint]);
  await put(store, "a");
  hung.pause();
  await expect(put(store, "a")).rejects.toThrow(
    new RegExp(`^etcd transaction at ${hung.endpoint}: no answer within 1000 ms$`),
  );
  await refused.close();
  await store.close();
});

test("a clock that jumps back does not make a request last longer", async () => {
  await using first = await startEtcd();
  await using second = await startEtcd();
  const store = storeOn([first.endpoint, second.endpoint]);
  for (let n = 0; n < STORES; n += 1) await store.range({ start: "a" }, signal);
  first.pause();
  second.pause();
  // Whoever asks gives up in the end: then the failure is its own.
  const waiting = store.range({ start: "a" }, AbortSignal.timeout(5_000));
  await sleep(100); // the first attempt is under way; the second begins after half of the time
  const now = Date.now;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => now() - 3_600_000);
  onTestFinished(() => clock.mockRestore());
  await expect(waiting).rejects.toThrow(RegistryUnavailableError);
  await store.close();
});

test("a caller that gives up is let go at once, also while etcd hangs", async () => {
  await using hung = await startEtcd();
  const longerThanTheTestMs = 600_000;
  const store = openEtcdStore({
    endpoints: [hung.endpoint],
    requestTimeoutMs: longerThanTheTestMs,
    clock: realClock,
  });
  await put(store, "a");
  hung.pause();
  const stop = new AbortController();
  const reason = new Error("enough");
  const waiting = store.range({ start: "a" }, stop.signal);
  setImmediate(() => stop.abort(reason));
  await expect(waiting).rejects.toBe(reason);
  await store.close();
});
