import { setTimeout as sleep } from "node:timers/promises";

import { type MachineId, silentLogger } from "@fleet/core";
import { openRegistry } from "@fleet/registry";
import { RecordingClusterSink, RecordingScheduleSink } from "@fleet/registry/testing";
import { requestsOf, startEtcd, until } from "@fleet/rig";
import { expect, test } from "vitest";

import { realClock, storeOn, untilTrue } from "./registry-under-test.ts";

const { signal } = new AbortController();
const ID = "11111111111111111111111111111111" as MachineId;
const TTL_MS = 6_000;
const QUIET_MS = 1_000;
/** Longer than gRPC's pings take to be sent, and to be counted by etcd if they were requests. */
const IDLE_MS = 12_000;

type Requests = Awaited<ReturnType<typeof requestsOf>>;

/** What etcd was asked for between two readings, by method. */
function usedSince(before: Requests, after: Requests): readonly string[] {
  return [...after].filter(([method, n]) => n !== before.get(method)).map(([method]) => method);
}

test("a cluster in which nothing happens sends etcd nothing but keep-alives of leases", async () => {
  await using etcd = await startEtcd();
  const options = { prefix: "/fleet/", clock: realClock, log: silentLogger };
  const registry = openRegistry(storeOn([etcd.endpoint]), options);
  const [schedule, cluster] = [new RecordingScheduleSink(), new RecordingClusterSink()];
  const machine = {
    id: ID,
    publicIp: "",
    hostname: "",
    metadata: new Map(),
    version: "2.0.0",
    engineDisabled: false,
  };
  await registry.announce({ machine, instance: "i", ttlMs: TTL_MS }, signal);
  await registry.campaign({ machine: ID, ttlMs: TTL_MS, onLeader: () => {} }, signal);
  void registry.watchSchedule(ID, schedule, signal);
  void registry.watchCluster(cluster, signal);
  await untilTrue("both views are current", () => !!schedule.isLive && !!cluster.isLive);
  await until("the leader has begun all its watches", async () => {
    const before = await requestsOf(etcd.endpoint);
    await sleep(QUIET_MS);
    const saw = usedSince(before, await requestsOf(etcd.endpoint)).join();
    return saw.replace("LeaseKeepAlive", "") === ""
      ? { done: true, value: undefined }
      : { done: false, saw };
  });
  const before = await requestsOf(etcd.endpoint);
  await sleep(IDLE_MS);
  const after = await requestsOf(etcd.endpoint);
  expect(usedSince(before, after)).toEqual(["LeaseKeepAlive"]);
  const keepAlives = (after.get("LeaseKeepAlive") ?? 0) - (before.get("LeaseKeepAlive") ?? 0);
  // One more a lease: the first and the last of them may both lie within the time.
  expect(keepAlives).toBeLessThanOrEqual(2 * (Math.ceil((3 * IDLE_MS) / TTL_MS) + 1));
  expect([schedule.isLive, cluster.isLive]).toEqual([true, true]);
  await registry.close();
});
