import type { UnitName } from "@fleet/core";
import type { ManualClock } from "@fleet/core/testing";
import { beforeEach, expect, test } from "vitest";
import { clusterOfOne } from "../testing/cluster-of-one.ts";
import type { TestCluster, TestMachine } from "../testing/cluster.ts";

const A = "a.service" as UnitName;

let cluster: TestCluster;
let machine: TestMachine;
let clock: ManualClock;

beforeEach(() => {
  ({ cluster, machine, clock } = clusterOfOne());
});

const acts = () => machine.systemd.journal.map(({ kind }) => kind);
const states = () => cluster.statesInWords(machine);

test("a unit that is to stay until it runs elsewhere is left running", async () => {
  await running();
  await cluster.leave(machine, A, "keep");
  await clock.advance(1_000);
  expect(await states()).toEqual(["a.service active launched"]);
  expect(acts()).toEqual(["start"]);
});

test("one that ended meanwhile is not started again, and said to have ended", async () => {
  await running();
  await cluster.leave(machine, A, "keep");
  machine.systemd.crash(A);
  await clock.advance(1_000);
  expect(await states()).toEqual(["a.service failed launched"]);
  expect(acts().filter((act) => act === "start")).toHaveLength(1);
});

test("a restarted daemon leaves it running as well", async () => {
  await running();
  await cluster.leave(machine, A, "keep");
  await machine.stop();
  machine.start();
  await clock.advance(1_000);
  expect(await states()).toEqual(["a.service active launched"]);
  expect(acts()).toEqual(["start"]);
});

test("a daemon that has not read its machine yet does not say that the unit is gone", async () => {
  await running();
  await cluster.leave(machine, A, "keep");
  await machine.stop();
  machine.readingMs = 3_000;
  machine.start();
  await clock.advance(1_000);
  machine.systemd.crash(A);
  await clock.advance(1_000);
  expect(await states()).toEqual(["a.service active launched"]);
  await clock.advance(2_000);
  expect(await states()).toEqual(["a.service failed launched"]);
});

test("one that is to stop is stopped and stays loaded, until it is on no list", async () => {
  await running();
  await cluster.leave(machine, A, "stop");
  await clock.advance(1_000);
  expect(await states()).toEqual(["a.service inactive loaded"]);
  await cluster.unassign(machine, A);
  await clock.advance(1_000);
  expect(await states()).toEqual([]);
  expect(machine.systemd.files.size).toBe(0);
});

test("a machine that lost it in a reboot says that it is not there", async () => {
  await running();
  await machine.stop();
  await cluster.leave(machine, A, "keep");
  machine.systemd.reboot();
  machine.start();
  await clock.advance(1_000);
  expect(await states()).toEqual(["a.service inactive inactive"]);
  expect((await cluster.states(machine))[0]?.loadState).toBe("not-found");
  await cluster.unassign(machine, A);
  await clock.advance(1_000);
  expect(await states()).toEqual([]);
});

test("a unit that arrives is loaded, says what it waits for, and starts when it may", async () => {
  machine.start();
  await clock.advance(1_000);
  await cluster.assign(machine, A, { target: "loaded" });
  await cluster.arrive(machine, A, "b.service to leave this machine");
  await clock.advance(1_000);
  const error = "not started yet: waits for b.service to leave this machine";
  expect(await states()).toEqual([`a.service inactive loaded ${error}`]);
  await cluster.assign(machine, A, { target: "launched" });
  await clock.advance(1_000);
  expect(await states()).toEqual(["a.service active launched"]);
});

test("a unit that arrives where it runs already is left running", async () => {
  await running();
  await cluster.arrive(machine, A, "b.service to leave this machine");
  await clock.advance(1_000);
  expect(acts()).toEqual(["start"]);
});

async function running(): Promise<void> {
  await cluster.assign(machine, A, { target: "launched" });
  machine.start();
  await clock.advance(1_000);
  expect(await states()).toEqual(["a.service active launched"]);
}
