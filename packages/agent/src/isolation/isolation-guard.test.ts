// What becomes of units with OnIsolation=stop while a machine has no lease. The machine's lease lasts
// 30 s, and is known to hold for 27 s from the last keep-alive on, of which there is one every 10 s.

import { parseUnitFile, type UnitName } from "@fleet/core";
import type { ManualClock } from "@fleet/core/testing";
import { beforeEach, expect, test } from "vitest";
import { clusterOfOne } from "../../testing/cluster-of-one.ts";
import type { TestCluster, TestMachine } from "../../testing/cluster.ts";

const LONE = "lone.service" as UnitName;
const KEPT = "kept.service" as UnitName;
const RECORD = "/_coreos.com/fleet/machines/m1/object";
const TTL_MS = 30_000;
const STOPS = {
  file: parseUnitFile("[Service]\nExecStart=/bin/lone\n[X-Fleet]\nOnIsolation=stop\n"),
};
const WHY = "this machine is cut off from etcd, and the unit says OnIsolation=stop";

let cluster: TestCluster;
let machine: TestMachine;
let clock: ManualClock;

beforeEach(async () => {
  ({ cluster, machine, clock } = clusterOfOne());
  await cluster.assign(machine, LONE, STOPS);
  await cluster.assign(machine, KEPT, {});
  machine.start();
  await clock.advance(15_000);
  expect([machine.runs(LONE), machine.runs(KEPT)]).toEqual([true, true]);
});

const isKnown = async (): Promise<boolean> => (await cluster.machines()).length === 1;

test("it is stopped before the lease ends in etcd, and others run on", async () => {
  machine.store.disconnect();
  await clock.advance(20_000);
  expect(machine.runs(LONE)).toBe(true);
  await clock.until("the unit is stopped", () => !machine.runs(LONE));
  expect(await isKnown()).toBe(true);
  await clock.advance(600_000);
  expect(machine.journal()).toEqual([
    "start kept.service",
    "start lone.service",
    "stop lone.service",
    "end lone.service",
  ]);
  expect(machine.logged).toContain(`Stopped unit(lone.service): ${WHY}`);
});

test("it starts again when the machine is back and it is still assigned there", async () => {
  machine.store.disconnect();
  await clock.advance(600_000);
  machine.store.reconnect();
  await clock.advance(6_000);
  expect(machine.runs(LONE)).toBe(true);
  expect(await cluster.statesInWords(machine)).toEqual([
    "kept.service active launched",
    "lone.service active launched",
  ]);
});

test("it does not start again when it is another's by then", async () => {
  machine.store.disconnect();
  await clock.advance(60_000);
  await cluster.unassign(machine, LONE);
  machine.store.reconnect();
  await clock.advance(60_000);
  expect(machine.journal().slice(2)).toEqual(["stop lone.service", "end lone.service"]);
  expect(machine.systemd.files.has(LONE)).toBe(false);
});

test("while the lease can be kept nothing stops, however often etcd is away", async () => {
  for (let round = 0; round < 10; round += 1) {
    machine.store.disconnect();
    await clock.advance(16_000);
    machine.store.reconnect();
    await clock.advance(1_000);
  }
  expect(machine.journal()).toEqual(["start kept.service", "start lone.service"]);
});

test("somebody who removes the machine's record stops nothing: it is written again", async () => {
  const gone = { kind: "delete", key: RECORD } as const;
  cluster.etcd.txn({ compare: [], success: [gone] });
  await clock.advance(60_000);
  expect(machine.available).toEqual([true]);
  expect(machine.journal()).toEqual(["start kept.service", "start lone.service"]);
});

test("a machine that is out of the cluster for another reason than silence has the time of its lease", async () => {
  const [record] = cluster.etcd.range({ start: RECORD }).items;
  const value = record?.value.replace("instance of m1", "instance of another") ?? "";
  cluster.etcd.txn({ compare: [], success: [{ kind: "put", key: RECORD, value }] });
  await clock.advance(5_000);
  expect([machine.agent.available, machine.runs(LONE)]).toEqual([false, true]);
  await clock.advance(TTL_MS);
  expect([machine.runs(LONE), machine.runs(KEPT)]).toEqual([false, true]);
});

test("a daemon that is killed and started while etcd answers stops nothing", async () => {
  for (let round = 0; round < 5; round += 1) {
    await machine.stop();
    await clock.advance(10_000);
    machine.start();
    await clock.advance(1_000);
  }
  await clock.advance(60_000);
  expect(machine.journal()).toEqual(["start kept.service", "start lone.service"]);
});

test("a daemon that is restarted over and over without etcd stops it when the first one's lease is over", async () => {
  machine.store.disconnect();
  const endMs = clock.monotonicMs() + TTL_MS;
  while (machine.runs(LONE)) {
    await machine.stop();
    machine.start();
    machine.store.disconnect();
    await clock.advance(1_000);
  }
  expect(clock.monotonicMs()).toBeLessThan(endMs);
  expect(clock.monotonicMs()).toBeGreaterThan(endMs - 20_000);
  expect(machine.runs(KEPT)).toBe(true);
});

test("a daemon that starts long after its lease stops it first, then asks etcd", async () => {
  await machine.stop();
  await clock.advance(60_000);
  machine.start();
  await clock.advance(6_000);
  expect(machine.journal().slice(2)).toEqual([
    "stop lone.service",
    "end lone.service",
    "start lone.service",
  ]);
});

test("a daemon that knows nothing of a lease gives etcd the whole time of one", async () => {
  await machine.stop();
  machine.leaseMemory.heldUntilMs = undefined;
  machine.start();
  machine.store.disconnect();
  await clock.advance(TTL_MS - 1_000);
  expect(machine.runs(LONE)).toBe(true);
  await clock.advance(3_000);
  expect(machine.runs(LONE)).toBe(false);
});

test("a note that lies in a far future is believed for no longer than a lease lasts", async () => {
  await machine.stop();
  machine.leaseMemory.heldUntilMs = Number.MAX_SAFE_INTEGER;
  machine.start();
  machine.store.disconnect();
  await clock.advance(TTL_MS + 2_000);
  expect(machine.runs(LONE)).toBe(false);
});

test("what something else on the machine starts meanwhile is stopped again", async () => {
  machine.store.disconnect();
  await clock.advance(60_000);
  await machine.systemd.unit(LONE).start();
  await machine.systemd.unit(KEPT).start();
  await clock.advance(3_000);
  expect([machine.runs(LONE), machine.runs(KEPT)]).toEqual([false, true]);
});

test("a start that was under way is cancelled", async () => {
  const late = "late.service" as UnitName;
  machine.systemd.behave(late, { startMs: 600_000 });
  await cluster.assign(machine, late, STOPS);
  await clock.advance(1_000);
  machine.store.disconnect();
  await clock.advance(60_000);
  expect(machine.systemd.stateOf(late).activeState).toBe("inactive");
});

test("a stop that hangs does not keep others from being stopped at the next cut", async () => {
  const stuck = "stuck.service" as UnitName;
  machine.systemd.behave(stuck, { stopMs: 300_000 });
  await cluster.assign(machine, stuck, STOPS);
  await clock.advance(1_000);
  machine.store.disconnect();
  await clock.advance(60_000);
  machine.store.reconnect();
  await clock.advance(6_000);
  expect(machine.runs(LONE)).toBe(true);
  machine.store.disconnect();
  await clock.advance(60_000);
  expect(machine.runs(LONE)).toBe(false);
});

test("systemd that cannot be reached is asked again, and said once", async () => {
  machine.store.disconnect();
  machine.systemd.setReachable(false);
  await clock.advance(60_000);
  machine.systemd.setReachable(true);
  await clock.advance(3_000);
  expect(machine.runs(LONE)).toBe(false);
  const line = "What must not run on a machine that is cut off cannot be found";
  expect(machine.logged.filter((logged) => logged === line)).toHaveLength(1);
});

test("a new version does not start while the machine is cut off, though the old one was stopped for it", async () => {
  machine.systemd.behave(LONE, { stopMs: 40_000 });
  machine.systemd.behave(KEPT, { stopMs: 40_000 });
  await cluster.assign(machine, LONE, {
    file: parseUnitFile("[Service]\nExecStart=/bin/new\n[X-Fleet]\nOnIsolation=stop\n"),
  });
  await cluster.assign(machine, KEPT, { version: "v2" });
  await clock.advance(1_000);
  machine.store.disconnect();
  await clock.advance(60_000);
  expect([machine.runs(LONE), machine.runs(KEPT)]).toEqual([false, true]);
  const starts = machine.journal().filter((act) => act === "start lone.service");
  expect(starts).toHaveLength(1);
  machine.store.reconnect();
  await clock.advance(70_000);
  expect(machine.runs(LONE)).toBe(true);
});
