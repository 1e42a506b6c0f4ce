import type { UnitName } from "@fleet/core";
import { beforeEach, expect, test } from "vitest";
import { TestCluster, TestMachine } from "../testing/cluster.ts";

const A = "a.service" as UnitName;
const B = "b.service" as UnitName;
const LAUNCHED = { target: "launched" } as const;
const LOADED = { target: "loaded" } as const;

let cluster = new TestCluster();
let machine = new TestMachine(cluster, "m1");
let { clock } = cluster;

beforeEach(() => {
  cluster = new TestCluster();
  machine = new TestMachine(cluster, "m1");
  ({ clock } = cluster);
  return async () => {
    await machine.stop();
    await cluster.close();
  };
});

async function available(): Promise<void> {
  await clock.until("the machine is available", () => machine.agent.available);
}

test("announces the machine, does its work list and publishes what became of it", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  await cluster.assign(machine, B, LOADED);
  machine.start();
  await available();
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

test("a store that is away at the start is waited for, said once, and nothing is touched", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  machine.start();
  await clock.advance(1_000);
  await machine.stop();
  machine.logged.length = 0;
  machine.start();
  machine.store.disconnect();
  await clock.advance(600_000);
  const failures = machine.logged.filter((line) => line.startsWith("Server register machine"));
  expect(failures).toEqual(["Server register machine failed: etcd in memory: connection refused"]);
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
  await available();
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

test("a changed description is published when it is refreshed, also while the store was away", async () => {
  machine.start();
  await available();
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

test("dumps its state in fleet's shape", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  await cluster.assign(machine, B, LOADED);
  machine.start();
  await clock.advance(1_000);
  const dump = machine.agent.dumpState();
  expect(dump).toEqual({
    Agent: { Cache: { TargetStates: { "a.service": "launched", "b.service": "loaded" } } },
    UnitStatePublisher: {
      Cache: {
        "a.service": expect.objectContaining({ ActiveState: "active", MachineID: "m1" }),
        "b.service": expect.objectContaining({ ActiveState: "inactive", UnitName: "b.service" }),
      },
      ToPublish: {},
    },
    UnitStateGenerator: { Subscribed: ["a.service", "b.service"] },
  });
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
