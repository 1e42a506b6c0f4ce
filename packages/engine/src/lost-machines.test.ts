import type { MachineId } from "@fleet/core";
import { beforeEach, describe, expect, test } from "vitest";
import {
  AT_ONCE_MS,
  AUDIT_INTERVAL_MS,
  EngineBench,
  LEASE_TTL_MS,
} from "../testing/engine-bench.ts";

/** How long a machine of the bench is silent before its record goes away. */
const AGENT_TTL_MS = 30_000;

let bench = new EngineBench();
let { clock } = bench;

beforeEach(() => {
  bench = new EngineBench();
  ({ clock } = bench);
  return () => bench.close();
});

test("most machines lost together: nothing moves until enough of them are back", async () => {
  const engine = await mostLost();
  expect(await bench.placements()).toEqual(["one@a", "three@c", "two@b"].map(named));
  expect(engine.messages.at(-1)).toBe("2 machines were lost together: no unit moves");
  expect(await bench.held()).toEqual(["b", "c"]);

  await bench.machine("b");
  await clock.advance(AGENT_TTL_MS - 1_000);
  expect(await bench.placements()).toEqual(["one@a", "three@c", "two@b"].map(named));
  expect(await bench.held()).toEqual([]);
  await clock.advance(1_100);
  expect(await bench.placements()).toEqual(["one@a", "three@a", "two@b"].map(named));
});

test("most machines lost together: nothing moves under another leader either", async () => {
  const engine = await mostLost();
  const next = bench.engine("m2").start();
  await engine.stop();
  await clock.advance(3 * AUDIT_INTERVAL_MS);
  expect(next.engine.leading).toBe(true);
  expect(await bench.placements()).toEqual(["one@a", "three@c", "two@b"].map(named));
});

test("a person may give lost machines up: their units move at once", async () => {
  await mostLost();
  await bench.giveUp(await bench.held());
  await clock.advance(AT_ONCE_MS);
  expect(await bench.placements()).toEqual(["one@a", "three@a", "two@a"].map(named));
  expect(await bench.held()).toEqual([]);
});

test("a person may take a held unit back and start it anew: it is placed where it can run", async () => {
  await mostLost();
  await bench.submit("two.service", "", "inactive");
  await clock.advance(AT_ONCE_MS);
  expect(await bench.placements()).toEqual(["one@a", "three@c"].map(named));
  await bench.submit("two.service");
  await clock.advance(AT_ONCE_MS);
  expect(await bench.placements()).toEqual(["one@a", "three@c", "two@a"].map(named));
});

test("what only changes its target state or its file stays on a held machine", async () => {
  await mostLost();
  await bench.submit("two.service", "", "loaded");
  await bench.submit("three.service", "MachineMetadata=");
  await clock.advance(AUDIT_INTERVAL_MS);
  expect(await bench.placements()).toEqual(["one@a", "three@c", "two@b"].map(named));
});

test("most machines leave by themselves: their units move at once", async () => {
  const machines = await threeMachines();
  await bench.leading("m1");
  for (const machine of machines.slice(1)) await machine.presence.leave(bench.signal);
  await clock.advance(AT_ONCE_MS);
  expect(await bench.placements()).toEqual(["one@a", "three@a", "two@a"].map(named));
});

test("one machine after the other is no mass loss, also for the next leader", async () => {
  const [, b, c] = await threeMachines();
  const first = await bench.leading("m1");
  b?.store.disconnect();
  await clock.advance(AGENT_TTL_MS + AUDIT_INTERVAL_MS + 40_000);
  await first.stop();
  await bench.leading("m2");
  c?.store.disconnect();
  await clock.advance(AGENT_TTL_MS + 1_000);
  expect(await bench.placements()).toEqual(["one@a", "three@a", "two@a"].map(named));
});

describe("machines fall silent in one moment, and their leases end one after the other", () => {
  test("nothing moves, from the first on", async () => {
    const machines = await threeMachines(4_000);
    const engine = await bench.leading("m1");
    for (const machine of machines.slice(1)) machine.store.disconnect();
    await clock.until("b is missed", () => isMissing("b"));
    await clock.advance(AT_ONCE_MS);
    expect(await bench.held()).toEqual([]);
    expect(engine.messages.at(-1)).toBe("others may be silent, too: units of missed machines wait");
    await clock.advance(AGENT_TTL_MS + AUDIT_INTERVAL_MS);
    expect(await bench.held()).toEqual(["b", "c"]);
    expect(await bench.placements()).toEqual(["one@a", "three@c", "two@b"].map(named));
  });

  test("nothing moves under a leader that comes in between either", async () => {
    const machines = await threeMachines(4_000);
    const first = await bench.leading("m1");
    for (const machine of machines.slice(1)) machine.store.disconnect();
    await clock.until("b is missed", () => isMissing("b"));
    await first.stop();
    await bench.leading("m2");
    await clock.advance(AGENT_TTL_MS + AUDIT_INTERVAL_MS);
    expect(await bench.held()).toEqual(["b", "c"]);
    expect(await bench.placements()).toEqual(["one@a", "three@c", "two@b"].map(named));
  });

  test("as soon as one has renewed its lease the units of the other move", async () => {
    const [, b, c] = await threeMachines(4_000);
    await bench.leading("m1");
    for (const machine of [b, c]) machine?.store.disconnect();
    await clock.until("b is missed", () => isMissing("b"));
    await clock.advance(500);
    expect(await bench.placements()).toEqual(["one@a", "three@c", "two@b"].map(named));
    c?.store.reconnect();
    await clock.advance(1_000);
    expect(await bench.placements()).toEqual(["one@a", "three@c", "two@a"].map(named));
  });
});

test("of a machine lost alone the units move at once: the others are asked after once", async () => {
  const [, b] = await threeMachines(4_000);
  const engine = await bench.leading("m1");
  b?.store.disconnect();
  await clock.advance(AGENT_TTL_MS / 2);
  const before = engine.store.requests;
  await clock.until("b is missed", () => isMissing("b"));
  await clock.advance(AT_ONCE_MS);
  expect(await bench.placements()).toEqual(["one@a", "three@c", "two@a"].map(named));
  await clock.advance(AGENT_TTL_MS);
  // Leases, and the move.
  expect(engine.store.requests - before).toBe(2);
  expect(engine.messages.join()).not.toContain("silent");
});

test("while nobody says who is silent units wait, but no longer than agent_ttl", async () => {
  const [, b] = await threeMachines();
  const engine = await bench.leading("m1");
  engine.store.refuseLeaseTimes();
  b?.store.disconnect();
  await clock.until("b is missed", () => isMissing("b"));
  await clock.advance(AGENT_TTL_MS - 100);
  expect(await bench.placements()).toEqual(["one@a", "three@c", "two@b"].map(named));
  expect(engine.messages).toContain("cannot tell who else is silent: lease times are refused");
  await clock.advance(1_000);
  expect(await bench.placements()).toEqual(["one@a", "three@c", "two@a"].map(named));
});

test("machines lost together are that also where nobody says how long leases last", async () => {
  const machines = await threeMachines(4_000);
  const engine = await bench.leading("m1");
  engine.store.refuseLeaseTimes();
  for (const machine of machines.slice(1)) machine.store.disconnect();
  await clock.until("b is missed", () => isMissing("b"));
  await clock.advance(2 * AGENT_TTL_MS + AUDIT_INTERVAL_MS);
  expect(await bench.held()).toEqual(["b", "c"]);
  expect(await bench.placements()).toEqual(["one@a", "three@c", "two@b"].map(named));
});

describe("somebody removes the records of machines", () => {
  test("whose leases live: their units stay, and that is no loss", async () => {
    const { messages } = await removed("b", "c");
    await clock.advance(AGENT_TTL_MS - 5_000);
    expect(await bench.placements()).toEqual(["one@a", "three@c", "two@b"].map(named));
    expect(await bench.held()).toEqual([]);
    expect(messages.join()).not.toContain("lost together");
  });

  test("whose leases have ended, too: that is", async () => {
    await removed("b", "c");
    await clock.advance(AGENT_TTL_MS + 1_000);
    expect(await bench.placements()).toEqual(["one@a", "three@c", "two@b"].map(named));
    expect(await bench.held()).toEqual(["b", "c"]);
  });

  test("of one: its units move when its lease has ended", async () => {
    await removed("b");
    await clock.advance(AGENT_TTL_MS - 1_000);
    expect(await bench.placements()).toEqual(["one@a", "three@c", "two@b"].map(named));
    await clock.advance(2_000);
    expect(await bench.placements()).toEqual(["one@a", "three@c", "two@a"].map(named));
  });

  test("and one machine's lies there without a lease before: its units stay while the lease lives", async () => {
    const [, b] = await threeMachines();
    await bench.leading("m1");
    b?.store.disconnect();
    bench.write("machines/b/object", bench.read("machines/b/object"));
    bench.remove("machines/b/object");
    await clock.advance(AGENT_TTL_MS - 5_000);
    expect(await bench.placements()).toEqual(["one@a", "three@c", "two@b"].map(named));
  });

  test("just as another one is lost: that one waits until it is known who is alive", async () => {
    const [, b, c] = await threeMachines(4_000);
    await bench.leading("m1");
    for (const machine of [b, c]) machine?.store.disconnect();
    await clock.until("b is missed", () => isMissing("b"));
    bench.remove("machines/c/object");
    await clock.advance(AGENT_TTL_MS + AUDIT_INTERVAL_MS);
    expect(await bench.held()).toEqual(["b", "c"]);
    expect(await bench.placements()).toEqual(["one@a", "three@c", "two@b"].map(named));
  });

  /** Of three machines, one with each unit, these have no records any more and do not write them again. */
  async function removed(...ids: readonly string[]) {
    const machines = await threeMachines();
    const engine = await bench.leading("m1");
    for (const { id, store } of machines) if (ids.includes(id)) store.disconnect();
    for (const id of ids) bench.remove(`machines/${id}/object`);
    return engine;
  }
});

test("a machine that is back within move_after finds its units", async () => {
  bench.moves = { ...bench.moves, moveAfterMs: 2 * AGENT_TTL_MS };
  const [, b] = await threeMachines();
  const { seen } = await bench.leading("m1");
  b?.store.disconnect();
  await clock.advance(2 * AGENT_TTL_MS - LEASE_TTL_MS);
  await bench.machine("b");
  await clock.advance(AUDIT_INTERVAL_MS);
  expect(await bench.placements()).toEqual(["one@a", "three@c", "two@b"].map(named));
  expect(seen.filter((what) => what.startsWith("done"))).toEqual([]);
});

test("after move_after the units of a machine move though nothing else happens", async () => {
  bench.moves = { ...bench.moves, moveAfterMs: 2 * AGENT_TTL_MS };
  const [, b] = await threeMachines();
  await bench.leading("m1");
  b?.store.disconnect();
  await clock.advance(2 * AGENT_TTL_MS + 1_000);
  expect(await bench.placements()).toEqual(["one@a", "three@c", "two@a"].map(named));
});

describe("units that say themselves how long their machine may be silent", () => {
  test("move then and not before, and others do not wait for them", async () => {
    await oneLost("MoveAfter=2m");
    expect(await bench.placements()).toEqual(["one@a", "slow@b", "two@a"].map(named));
    await clock.advance(90_000 - 1_000);
    expect(await bench.placements()).toEqual(["one@a", "slow@b", "two@a"].map(named));
    await clock.advance(1_000);
    expect(await bench.placements()).toEqual(["one@a", "slow@a", "two@a"].map(named));
  });

  test("move before others do", async () => {
    bench.moves = { ...bench.moves, moveAfterMs: 10 * AGENT_TTL_MS };
    await oneLost("MoveAfter=0s");
    expect(await bench.placements()).toEqual(["one@a", "slow@a", "two@b"].map(named));
  });

  test("find their machine as they left it when it is back", async () => {
    await oneLost("MoveAfter=2m");
    await bench.machine("b");
    await clock.advance(10 * AGENT_TTL_MS);
    expect(await bench.placements()).toContain("slow.service@b");
  });

  test("move at once when that is changed", async () => {
    await oneLost("MoveAfter=2m");
    await bench.submit("slow.service", "MoveAfter=0s");
    await clock.advance(AT_ONCE_MS);
    expect(await bench.placements()).toContain("slow.service@a");
  });

  test("move at once when a person gives their machine up", async () => {
    await oneLost("MoveAfter=2h");
    await bench.giveUp(["b" as MachineId]);
    await clock.advance(AT_ONCE_MS);
    expect(await bench.placements()).toContain("slow.service@a");
  });

  test("are waited for before their machine is given up", async () => {
    await oneLost("MoveAfter=5m");
    await clock.advance(4 * 60_000);
    expect(bench.keys("machines/b/")).toEqual([]);
    await clock.advance(60_000 + AUDIT_INTERVAL_MS);
    expect(bench.keys("machines/b/")).toEqual(["machines/b/departed"]);
    expect(await bench.placements()).toContain("slow.service@a");
  });

  test("do not move while many machines were lost together", async () => {
    const machines = await withSlow("MoveAfter=0s");
    await bench.leading("m1");
    for (const machine of machines) machine.store.disconnect();
    await clock.advance(AGENT_TTL_MS + AUDIT_INTERVAL_MS);
    expect(await bench.placements()).toEqual(["one@a", "slow@b", "two@b"].map(named));
  });

  async function withSlow(lines: string) {
    const machines = [await bench.machine("a"), await bench.machine("b")];
    bench.place("slow.service", "b", lines);
    await bench.submit("slow.service", lines);
    for (const [name, id] of [
      ["one", "a"],
      ["two", "b"],
    ] as const) {
      bench.place(`${name}.service`, id);
      await bench.submit(`${name}.service`);
    }
    return machines;
  }

  /** Units one on a, two and slow on b; b has just been missed. */
  async function oneLost(lines: string) {
    const [, b] = await withSlow(lines);
    await bench.leading("m1");
    b?.store.disconnect();
    await clock.until("b is missed", () => isMissing("b"));
    await clock.advance(AT_ONCE_MS);
  }
});

test("settings that change count at once", async () => {
  const moves = { ...bench.moves, moveAfterMs: 100 * AGENT_TTL_MS };
  bench.moves = moves;
  const [, b] = await threeMachines();
  const { engine } = await bench.leading("m1");
  b?.store.disconnect();
  await clock.until("b is missed", () => isMissing("b"));
  await clock.advance(1_000);
  expect(await bench.placements()).toEqual(["one@a", "three@c", "two@b"].map(named));
  moves.moveAfterMs = 0;
  engine.movesChanged();
  await clock.advance(AT_ONCE_MS);
  expect(await bench.placements()).toEqual(["one@a", "three@c", "two@a"].map(named));
});

test("units move no faster than move_rate allows, and new units do not wait for them", async () => {
  bench.moves = { ...bench.moves, movesPerSecond: 10 };
  const lost = await bench.machine("a");
  for (let n = 0; n < 25; n += 1) await bench.submit(`web@${n}.service`);
  const { seen } = await bench.leading("m1");
  await bench.machine("b");
  lost.store.disconnect();
  await clock.until("some move", () => seen.includes("done leave"));
  const movedOf = async () => (await bench.placements()).filter((at) => at.endsWith("@b")).length;
  expect(await movedOf()).toBe(10);
  await bench.submit("new.service");
  await clock.advance(AT_ONCE_MS);
  expect(await bench.placements()).toContain("new.service@b");
  await clock.advance(500);
  expect(await movedOf()).toBe(1 + 15);
  await clock.advance(1_100);
  expect(await movedOf()).toBe(1 + 25);
});

test("what is held is told again when the telling failed", async () => {
  const machines = await threeMachines();
  const { store } = await bench.leading("m1");
  for (const machine of machines.slice(1)) machine.store.disconnect();
  store.loseAnswers(1);
  await clock.advance(AGENT_TTL_MS + 100);
  bench.remove("held-moves");
  await clock.advance(1_100);
  expect(await bench.held()).toEqual(["b", "c"]);
});

const named = (place: string): string => place.replace("@", ".service@");

const isMissing = (id: string): boolean => bench.keys(`machines/${id}/object`).length === 0;

/** Machines a, b and c with units one, two and three; they renew their leases so long after one another. */
async function threeMachines(apartMs = 0) {
  const machines = [];
  for (const id of ["a", "b", "c"]) {
    machines.push(await bench.machine(id, { name: id }));
    await clock.advance(apartMs);
  }
  for (const [name, id] of [
    ["one", "a"],
    ["two", "b"],
    ["three", "c"],
  ] as const) {
    bench.place(`${name}.service`, id);
    await bench.submit(`${name}.service`);
  }
  return machines;
}

async function mostLost() {
  const machines = await threeMachines();
  const engine = await bench.leading("m1");
  for (const machine of machines.slice(1)) machine.store.disconnect();
  await clock.advance(AGENT_TTL_MS + 1_000);
  return engine;
}
