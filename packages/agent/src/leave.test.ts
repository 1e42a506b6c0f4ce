import type { UnitName } from "@fleet/core";
import type { ManualClock } from "@fleet/core/testing";
import { beforeEach, expect, test } from "vitest";
import { clusterOfOne } from "../testing/cluster-of-one.ts";
import type { TestCluster, TestMachine } from "../testing/cluster.ts";

const A = "a.service" as UnitName;
const B = "b.service" as UnitName;
const LAUNCHED = { target: "launched" } as const;
const LOADED = { target: "loaded" } as const;

let cluster: TestCluster;
let machine: TestMachine;
let clock: ManualClock;

beforeEach(() => {
  ({ cluster, machine, clock } = clusterOfOne());
});

test("leaving unloads every unit, then withdraws states and presence", async () => {
  machine.systemd.behave(A, { stopMs: 3_000 });
  await cluster.assign(machine, A, LAUNCHED);
  await cluster.assign(machine, B, LOADED);
  machine.start();
  await clock.advance(1_000);
  const leaving = machine.agent.leave(cluster.signal);
  await clock.advance(2_900);
  expect(await cluster.machines()).toHaveLength(1);
  await clock.advance(200);
  await leaving;
  expect(machine.systemd.files.size).toBe(0);
  expect(machine.journal()).toEqual(["start a.service", "stop a.service", "end a.service"]);
  expect(await cluster.machines()).toEqual([]);
  expect(await cluster.states(machine)).toEqual([]);
  expect(machine.agent.available).toBe(false);
});

test("leaving is not held up by a unit that never stops: it is named and left", async () => {
  machine.systemd.behave(A, { stopMs: "never" });
  await cluster.assign(machine, A, LAUNCHED);
  await cluster.assign(machine, B, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  const leaving = machine.agent.leave(cluster.signal);
  await clock.advance(60_100);
  await leaving;
  expect([...machine.systemd.files.keys()]).toEqual([A]);
  expect(machine.logged).toContain("a.service was not unloaded in time: it is left as it is");
  expect(await cluster.machines()).toEqual([]);
});

test("leaving stops a unit again that somebody started meanwhile", async () => {
  machine.systemd.behave(A, { stopMs: 3_000 });
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  const leaving = machine.agent.leave(cluster.signal);
  await clock.advance(1_000);
  void machine.systemd.unit(A).start();
  await clock.advance(10_000);
  await leaving;
  expect(machine.systemd.files.size).toBe(0);
  expect(machine.runs(A)).toBe(false);
});

test("run goes on until it is aborted, also when the machine has left", async () => {
  machine.start();
  await clock.until("the machine is available", () => machine.agent.available);
  await machine.agent.leave(cluster.signal);
  let ended = false;
  void machine.ended().then(() => (ended = true));
  await clock.advance(10_000);
  expect(ended).toBe(false);
  await machine.abort();
  expect(ended).toBe(true);
});

test("leaving while the store is away unloads every unit all the same", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  machine.store.disconnect();
  const leaving = machine.agent.leave(cluster.signal);
  await clock.advance(100);
  await leaving;
  expect(machine.systemd.files.size).toBe(0);
  expect(machine.logged.at(-1)).toBe("presence not withdrawn: it ends with its lease");
});

test("leaving while systemd is away ends all the same", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  machine.systemd.setReachable(false);
  const leaving = machine.agent.leave(cluster.signal);
  await clock.advance(60_100);
  await leaving;
  expect(await cluster.machines()).toEqual([]);
});

test("a daemon that is told to stop and then to leave unloads and withdraws", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  await machine.abort();
  expect(machine.agent.available).toBe(false);
  expect(await cluster.machines()).toHaveLength(1);
  await machine.agent.leave(cluster.signal);
  expect(machine.systemd.files.size).toBe(0);
  expect(await cluster.machines()).toEqual([]);
});
