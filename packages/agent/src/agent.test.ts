import type { UnitName } from "@fleet/core";
import type { ManualClock } from "@fleet/core/testing";
import { beforeEach, expect, test } from "vitest";
import { clusterOfOne } from "../testing/cluster-of-one.ts";
import { TestCluster, TestMachine } from "../testing/cluster.ts";

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

test("announces the machine, does its work list and publishes what became of it", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  await cluster.assign(machine, B, LOADED);
  machine.start();
  await clock.until("the machine is available", () => machine.agent.available);
  await clock.advance(100);
  expect((await cluster.machines()).map(({ id }) => id)).toEqual(["m1"]);
  expect(await cluster.statesInWords(machine)).toEqual([
    "a.service active launched",
    "b.service inactive loaded",
  ]);
  expect(machine.logged[0]).toBe("hrt.Register() success");
  expect(machine.logged).toContain(
    'AgentReconciler completed task: type=StartUnit job=a.service reason="unit currently loaded but desired state is launched"',
  );
});

test("a wish is a published state within 15 ms", async () => {
  machine.start();
  await clock.advance(1_000);
  await cluster.assign(machine, A, LAUNCHED);
  await clock.advance(15);
  expect(await cluster.statesInWords(machine)).toEqual(["a.service active launched"]);
});

test("a unit that dies by itself is seen within 15 ms", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  machine.systemd.crash(A);
  await clock.advance(15);
  expect(await cluster.statesInWords(machine)).toEqual(["a.service failed launched"]);
});

test("loaded is published only when the stop has ended, and unloaded removes the state", async () => {
  machine.systemd.behave(A, { stopMs: 5_000 });
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  await cluster.assign(machine, A, LOADED);
  await clock.advance(4_900);
  expect(await cluster.statesInWords(machine)).toEqual(["a.service deactivating launched"]);
  await clock.advance(200);
  expect(await cluster.statesInWords(machine)).toEqual(["a.service inactive loaded"]);
  await cluster.unassign(machine, A);
  await clock.advance(100);
  expect(await cluster.statesInWords(machine)).toEqual([]);
});

test("an unload is told in fleet's words", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  await cluster.unassign(machine, A);
  await clock.advance(100);
  expect(machine.logged.slice(-2)).toEqual([
    "Stopped unit(a.service)",
    'AgentReconciler completed task: type=UnloadUnit job=a.service reason="unit loaded but not scheduled here"',
  ]);
});

test("a replaced unit's state never disappears", async () => {
  machine.systemd.behave(A, { stopMs: 1_000 });
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  await cluster.assign(machine, A, { version: "v2" });
  for (let step = 0; step < 1_100; step += 1) {
    await clock.advance(1);
    expect(await cluster.states(machine)).toHaveLength(1);
  }
  expect(await cluster.statesInWords(machine)).toEqual(["a.service active launched"]);
});

test("a unit that leaves one machine keeps its state on every other", async () => {
  const other = new TestMachine(cluster, "m2");
  await cluster.assign(machine, A, LAUNCHED);
  await cluster.assign(other, A, LAUNCHED);
  machine.start();
  other.start();
  await clock.advance(1_000);
  await cluster.unassign(machine, A);
  for (let step = 0; step < 100; step += 1) {
    await clock.advance(1_000);
    expect(await cluster.statesInWords(other)).toEqual(["a.service active launched"]);
  }
  expect(await cluster.statesInWords(machine)).toEqual([]);
  await other.stop();
});

test("what cannot be installed shows why, and is not called loaded", async () => {
  machine.systemd.addForeign(A);
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(100);
  const [state] = await cluster.states(machine);
  expect(state).toMatchObject({ loadState: "error", currentState: "inactive" });
  expect(state?.error).toContain("belongs to this machine");
});

test("a failed start shows its error until the unit is active", async () => {
  machine.systemd.behave(A, { start: "fails" });
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(100);
  expect(await cluster.statesInWords(machine)).toEqual([
    "a.service failed launched start job of a.service failed: failed",
  ]);
  machine.systemd.behave(A, {});
  await machine.systemd.unit(A).start();
  await clock.advance(100);
  machine.systemd.crash(A);
  await clock.advance(100);
  expect(await cluster.statesInWords(machine)).toEqual(["a.service failed launched"]);
});

test("a refused start shows its error while it is tried again", async () => {
  machine.systemd.behave(A, { start: "refused" });
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(100_000);
  expect(await cluster.statesInWords(machine)).toEqual([
    "a.service inactive loaded cannot start a.service: Unit a.service has a bad unit file setting.",
  ]);
  machine.systemd.behave(A, {});
  await clock.advance(60_000);
  expect(await cluster.statesInWords(machine)).toEqual(["a.service active launched"]);
});

test("equal histories give equal machines, step by step", async () => {
  const histories: string[] = [];
  for (let run = 0; run < 2; run += 1) {
    const own = new TestCluster();
    const one = new TestMachine(own, "m1");
    for (const name of ["d", "b", "a", "c"]) {
      one.systemd.behave(`${name}.service`, { startMs: 7, stopMs: 11 });
      await own.assign(one, `${name}.service` as UnitName, LAUNCHED);
    }
    one.start();
    await own.clock.advance(50);
    await own.assign(one, A, { version: "v2" });
    await own.unassign(one, B);
    await own.clock.advance(1_000);
    histories.push(JSON.stringify([one.systemd.journal, one.logged, await own.states(one)]));
    await one.stop();
    await own.close();
  }
  expect(histories[0]).toBe(histories[1]);
});
