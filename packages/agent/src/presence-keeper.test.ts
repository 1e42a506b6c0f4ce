import type { UnitName } from "@fleet/core";
import type { ManualClock } from "@fleet/core/testing";
import { beforeEach, expect, test } from "vitest";
import { clusterOfOne } from "../testing/cluster-of-one.ts";
import { type TestCluster, TestMachine } from "../testing/cluster.ts";

const A = "a.service" as UnitName;
const LAUNCHED = { target: "launched" } as const;

let cluster: TestCluster;
let machine: TestMachine;
let clock: ManualClock;

beforeEach(() => {
  ({ cluster, machine, clock } = clusterOfOne());
});

test("a store that is away at the start is waited for, said once with the time in seconds, and nothing is touched", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  await machine.stop();
  machine.logged.length = 0;
  machine.start();
  machine.store.disconnect();
  await clock.advance(600_000);
  const failures = machine.logged.filter((line) => line.startsWith("Server register machine"));
  expect(failures).toEqual([
    "Server register machine failed: etcd in memory: connection refused, retrying in 0.25 sec.",
  ]);
  expect(machine.journal()).toEqual(["start a.service"]);
});

test("a second machine with the same ID is refused, touches nothing, and is let in when the other leaves", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  const twin = new TestMachine(cluster, "m1", "another instance");
  twin.start();
  await clock.advance(100_000);
  expect(twin.agent.available).toBe(false);
  expect(twin.journal()).toEqual([]);
  expect(twin.logged).toHaveLength(1);
  expect(twin.logged[0]).toContain("Server register machine failed: machine ID m1 is in use by");
  await machine.leave();
  await clock.advance(6_000);
  expect(twin.agent.available).toBe(true);
  expect(twin.journal()).toEqual(["start a.service"]);
  await twin.stop();
});

test("a changed description is published when it is refreshed, also while the store was away", async () => {
  machine.start();
  await clock.until("the machine is available", () => machine.agent.available);
  machine.publicIp = "10.0.0.2";
  machine.agent.refreshMachine();
  await clock.advance(100);
  expect((await cluster.machines())[0]?.publicIp).toBe("10.0.0.2");
  machine.store.disconnect();
  machine.publicIp = "10.0.0.3";
  machine.agent.refreshMachine();
  await clock.advance(5_000);
  machine.store.reconnect();
  await clock.advance(6_000);
  expect((await cluster.machines())[0]?.publicIp).toBe("10.0.0.3");
});

test("a machine ID that changes or cannot be read any more moves nothing", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  machine.idOnDisk = "m2";
  machine.agent.refreshMachine();
  await clock.advance(1_000);
  machine.idOnDisk = undefined;
  machine.agent.refreshMachine();
  machine.store.disconnect();
  await clock.advance(100_000);
  machine.store.reconnect();
  await clock.advance(6_000);
  expect((await cluster.machines()).map(({ id }) => id)).toEqual(["m1"]);
  expect(machine.journal()).toEqual(["start a.service"]);
  expect(machine.logged).toContain("machine ID is now m2: counts from the next start on");
  expect(machine.logged).toContain("/etc/machine-id: cannot be read");
});
