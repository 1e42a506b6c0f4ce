// The daemon, the store or systemd was away for a while: what runs goes on, and what changed is done afterwards.

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

test("a restarted daemon takes its presence over and adopts every unit", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  await cluster.assign(machine, B, LOADED);
  machine.start();
  await clock.advance(1_000);
  await machine.stop();
  expect((await cluster.machines()).map(({ id }) => id)).toEqual(["m1"]);
  machine.start();
  await clock.advance(100);
  expect(machine.agent.available).toBe(true);
  await clock.advance(100_000);
  expect(machine.journal()).toEqual(["start a.service"]);
  expect(await cluster.statesInWords(machine)).toEqual([
    "a.service active launched",
    "b.service inactive loaded",
  ]);
});

test("adopted units are published as soon as they are known, however late that is", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  await machine.stop();
  await clock.advance(60_000);
  expect(await cluster.statesInWords(machine)).toEqual([]);
  machine.readingMs = 2_000;
  machine.start();
  await clock.advance(2_100);
  expect(await cluster.statesInWords(machine)).toEqual(["a.service active launched"]);
  expect(machine.journal()).toEqual(["start a.service"]);
});

test("a daemon that was away does what changed meanwhile and nothing else", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  await cluster.assign(machine, B, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  await machine.stop();
  await cluster.unassign(machine, B);
  await cluster.assign(machine, "c.service" as UnitName, LAUNCHED);
  await clock.advance(100_000);
  machine.start();
  await clock.advance(1_000);
  expect(machine.journal()).toEqual([
    "start a.service",
    "start b.service",
    "stop b.service",
    "end b.service",
    "start c.service",
  ]);
});

test("while the store is away everything runs on, and what changed is done on return", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  machine.store.disconnect();
  await clock.advance(10_000);
  expect(machine.agent.available).toBe(true);
  await clock.advance(600_000);
  expect(machine.agent.available).toBe(false);
  expect(machine.logged).toContain(
    "Server monitor triggered: Monitor timed out before successful heartbeat",
  );
  expect(await cluster.machines()).toEqual([]);
  await cluster.assign(machine, B, LAUNCHED);
  machine.store.reconnect();
  await clock.advance(6_000);
  expect(machine.available).toEqual([true, false, true]);
  expect(machine.logged).toContain("hrt.Beat() success");
  expect(machine.journal()).toEqual(["start a.service", "start b.service"]);
  expect(await cluster.statesInWords(machine)).toEqual([
    "a.service active launched",
    "b.service active launched",
  ]);
});

test("a state that changed while the store was away is published when it is back", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  machine.store.disconnect();
  machine.systemd.crash(A);
  await clock.advance(10_000);
  machine.store.reconnect();
  await clock.advance(6_000);
  expect(machine.available).toEqual([true]);
  expect(await cluster.statesInWords(machine)).toEqual(["a.service failed launched"]);
});

test("systemd away and back: states are compared again", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  machine.systemd.setReachable(false);
  machine.systemd.crash(A);
  await clock.advance(10_000);
  machine.systemd.setReachable(true);
  await clock.advance(100);
  expect(await cluster.statesInWords(machine)).toEqual(["a.service failed launched"]);
  expect(machine.logged).toContain("systemd cannot be reached: what runs goes on");
});
