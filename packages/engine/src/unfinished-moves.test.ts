import { beforeEach, describe, expect, test } from "vitest";
import {
  AT_ONCE_MS,
  AUDIT_INTERVAL_MS,
  EngineBench,
  type BenchMachine,
} from "../testing/engine-bench.ts";

const WEB = "web.service";
const SSD = "MachineMetadata=disk=ssd";

let bench = new EngineBench();
let { clock } = bench;
let a: BenchMachine;
let b: BenchMachine;

beforeEach(async () => {
  bench = new EngineBench();
  ({ clock } = bench);
  a = await bench.machine("a", { disk: "ssd" });
  b = await bench.machine("b", { disk: "ssd" });
  return () => bench.close();
});

describe("a unit that says itself how long its machine may be silent", () => {
  test.for(["3m", "10m"])("MoveAfter=%s: it waits so long to be stopped first", async (wait) => {
    await bench.machine("c");
    await movingAway(`${SSD}\nHandover=stop-first\nMoveAfter=${wait}`);
    const waitMs = parseInt(wait, 10) * 60_000;
    a.store.disconnect();
    await clock.advance(waitMs - 5_000);
    expect(bench.workLists()).toHaveLength(2);
    await clock.advance(10_000);
    expect(bench.workLists()).toEqual([`${WEB} on b, launched`]);
  });
});

test("what was only loaded waits, too, for what is leaving its machine before it starts", async () => {
  const other = ["new.service", `Conflicts=${WEB}\nMachineMetadata=disk=hdd`] as const;
  await movingAway(SSD);
  await bench.submit(...other, "loaded");
  await clock.advance(AT_ONCE_MS);
  const moving = [`${WEB} leaves a, launched`, `${WEB} on b, launched`];
  expect(bench.workLists()).toEqual(["new.service on a, loaded", ...moving]);
  await bench.submit(...other, "launched");
  await clock.advance(AT_ONCE_MS);
  const waits = `new.service on a, launched, waits for ${WEB} to leave this machine`;
  expect(bench.workLists()).toEqual([waits, ...moving]);
});

test("Handover=stop-first: one that is stopping when it moves is seen to have stopped, too", async () => {
  const lines = `${SSD}\nHandover=stop-first`;
  await bench.submit(WEB, lines);
  await bench.leading("m1");
  await bench.submit(WEB, lines, "loaded");
  await bench.says(a, WEB, "deactivating", { currentState: "loaded" });
  await clock.advance(AT_ONCE_MS);
  await bench.setMetadata("a", "disk", "hdd");
  await clock.advance(AT_ONCE_MS);
  await bench.submit(WEB, lines, "launched");
  await clock.advance(AT_ONCE_MS);
  const arriving = `${WEB} on b, launched, waits for its copy on machine a to stop`;
  expect(bench.workLists()).toEqual([`${WEB} leaves a, loaded`, arriving]);
  await bench.says(a, WEB, "inactive", { currentState: "loaded" });
  await clock.advance(AT_ONCE_MS);
  expect(bench.workLists()).toEqual([`${WEB} on b, launched`]);
});

test("what follows a unit stays beside it for as long as that stays", async () => {
  const tail = "tail.service";
  await bench.submit(WEB, SSD);
  await bench.submit(tail, `MachineOf=${WEB}`);
  await bench.leading("m1");
  for (const name of [WEB, tail]) await bench.says(a, name, "active");
  await bench.setMetadata("a", "disk", "hdd");
  await clock.advance(AT_ONCE_MS);
  await bench.says(b, tail, "active");
  await bench.says(b, WEB, "failed");
  await clock.advance(AT_ONCE_MS);
  const there = [`${tail} on b, launched`, `${WEB} on b, launched`];
  expect(bench.workLists()).toEqual(
    [`${tail} leaves a, launched`, `${WEB} leaves a, launched`, ...there].toSorted(),
  );
  await bench.says(b, WEB, "active");
  await clock.advance(AT_ONCE_MS);
  expect(bench.workLists()).toEqual(there);
});

test("units that follow each other both leave when both run", async () => {
  const tail = "tail.service";
  await bench.submit(WEB, SSD);
  await bench.submit(tail, `MachineOf=${WEB}`);
  await bench.leading("m1");
  await bench.setMetadata("a", "disk", "hdd");
  await clock.advance(AT_ONCE_MS);
  await bench.submit(WEB, `${SSD}\nMachineOf=${tail}`);
  for (const name of [WEB, tail]) {
    await bench.says(b, name, "active");
    await clock.advance(AT_ONCE_MS);
  }
  expect(bench.workLists()).toEqual([`${tail} on b, launched`, `${WEB} on b, launched`]);
});

test("Handover=stop-first: what was said before the stop does not count", async () => {
  await movingAway(`${SSD}\nHandover=stop-first`);
  await bench.says(a, WEB, "inactive");
  await clock.advance(AT_ONCE_MS);
  expect(bench.workLists()).toHaveLength(2);
  await bench.says(a, WEB, "inactive", { currentState: "loaded" });
  await clock.advance(AT_ONCE_MS);
  expect(bench.workLists()).toEqual([`${WEB} on b, launched`]);
});

test("a new copy that cannot be loaded counts as failed", async () => {
  const engine = await movingAway(SSD);
  await bench.says(b, WEB, "inactive", { loadState: "bad-setting", error: "no such user" });
  await clock.advance(AT_ONCE_MS);
  expect(engine.messages.at(-1)).toBe(`Unit(${WEB}) failed where it moved to: it stays on a`);
});

test("a move goes on when the unit's file, which was missing, is there again", async () => {
  await movingAway(SSD);
  const [key = ""] = bench.keys("unit-files/");
  const file = bench.read(key);
  bench.remove(key);
  await bench.says(b, WEB, "active");
  await clock.advance(AT_ONCE_MS);
  expect(bench.workLists()).toHaveLength(2);
  bench.write(key, file);
  await clock.advance(AT_ONCE_MS);
  expect(bench.workLists()).toEqual([`${WEB} on b, launched`]);
});

test("many moves come to their end although the watch breaks in the middle", async () => {
  const units = 600;
  for (let n = 0; n < units; n += 1) {
    const name = `u${n}.service`;
    await bench.submit(name);
    bench.place(name, "b");
    const hash = await bench.hashOf(name);
    bench.write(`leaving/${name}/z`, JSON.stringify({ hash, step: "keep" }));
  }
  const { store } = await bench.leading("m1");
  expect(bench.keys("leaving/")).toHaveLength(units);
  store.interruptWatches();
  bench.write("machines/z/departed", JSON.stringify({ since: 0, left: true }));
  await clock.advance(1_000);
  expect(bench.keys("leaving/")).toEqual([]);
});

test("moves beyond those that can be followed at a time have their turn", async () => {
  const stuck = 500;
  for (const n of Array(stuck + 1).keys()) {
    const name = `u${1_000 + n}.service`;
    await bench.submit(name);
    bench.place(name, "b");
    const hash = await bench.hashOf(name);
    bench.write(`leaving/${name}/a`, JSON.stringify({ hash, step: "keep" }));
  }
  await bench.leading("m1");
  const last = `u${1_000 + stuck}.service`;
  await bench.says(b, last, "active");
  await clock.advance(AUDIT_INTERVAL_MS + 1_000);
  expect(bench.keys(`leaving/${last}`)).toEqual([]);
});

describe("units that wait for each other", () => {
  const U = "u.service";
  const V = "v.service";

  test("when they change places one of them is stopped first", async () => {
    await bench.setMetadata("a", "for", "u");
    await bench.setMetadata("b", "for", "v");
    await conflicting();
    await bench.setMetadata("a", "for", "v");
    await bench.setMetadata("b", "for", "u");
    await clock.advance(AT_ONCE_MS);
    expect(bench.workLists()).toEqual([
      `${U} leaves a, loaded`,
      `${U} on b, launched, waits for ${V} to leave this machine`,
      `${V} leaves b, launched`,
      `${V} on a, launched, waits for ${U} to leave this machine`,
    ]);
    await bothChangedPlaces();
  });

  test("also when that comes of one that has to move on before it has started", async () => {
    const c = await bench.machine("c");
    await bench.setMetadata("a", "for", "u");
    await bench.setMetadata("b", "for", "v");
    await conflicting();
    await bench.setMetadata("c", "for", "v");
    await bench.setMetadata("b", "for", "u");
    await bench.setMetadata("a", "for", "");
    await clock.advance(AT_ONCE_MS);
    expect(await bench.placements()).toEqual([`${U}@b`, `${V}@c`]);
    await bench.setMetadata("a", "for", "v");
    await bench.setMetadata("c", "for", "");
    await clock.advance(AT_ONCE_MS);
    expect(bench.workLists()).toEqual([
      `${U} leaves a, loaded`,
      `${U} on b, launched, waits for ${V} to leave this machine`,
      `${V} leaves b, launched`,
      `${V} leaves c, launched`,
      `${V} on a, launched, waits for ${U} to leave this machine`,
    ]);
    await bench.says(c, V, "inactive", { currentState: "loaded" });
    await bothChangedPlaces();
  });

  test("also when what is in the way stays for a unit that it follows", async () => {
    const [lead, tail, third] = ["lead.service", "tail.service", "third.service"];
    const fit = async (...units: readonly string[]): Promise<void> => {
      for (const [n, unit] of units.entries()) {
        await bench.setMetadata(["a", "b", "c"][n] ?? "", "for", unit);
      }
      await clock.advance(AT_ONCE_MS);
    };
    await bench.machine("c");
    await fit("lead", "v", "third");
    await bench.submit(lead, `MachineMetadata=for=lead\nConflicts=${V}`);
    await bench.submit(tail, `MachineOf=${lead}\nConflicts=${third}`);
    await bench.submit(V, `MachineMetadata=for=v\nConflicts=${third}`);
    await bench.submit(third, "MachineMetadata=for=third");
    await bench.leading("m1");
    await fit("third", "lead", "v");
    await bench.says(b, tail, "active");
    await clock.advance(AT_ONCE_MS);
    expect(bench.workLists()).toEqual([
      `${lead} leaves a, loaded`,
      `${lead} on b, launched, waits for ${V} to leave this machine`,
      `${tail} leaves a, loaded`,
      `${tail} on b, launched`,
      `${third} leaves c, launched`,
      `${third} on a, launched, waits for ${tail} to leave this machine`,
      `${V} leaves b, launched`,
      `${V} on c, launched, waits for ${third} to leave this machine`,
    ]);
  });

  /** The one unit is where machines are for it, the other one elsewhere, and they may not meet. */
  async function conflicting(): Promise<void> {
    await bench.submit(U, `MachineMetadata=for=u\nConflicts=${V}`);
    await bench.submit(V, "MachineMetadata=for=v");
    await bench.leading("m1");
    expect(await bench.placements()).toEqual([`${U}@a`, `${V}@b`]);
    await bench.says(a, U, "active");
    await bench.says(b, V, "active");
  }

  async function bothChangedPlaces(): Promise<void> {
    await bench.says(a, U, "inactive", { currentState: "loaded" });
    await clock.advance(AT_ONCE_MS);
    expect(bench.workLists()).toContain(`${V} on a, launched`);
    await bench.says(a, V, "active");
    await clock.advance(AT_ONCE_MS);
    await bench.says(b, V, "inactive", { currentState: "loaded" });
    await clock.advance(AT_ONCE_MS);
    expect(bench.workLists()).toEqual([`${U} on b, launched`, `${V} on a, launched`]);
  }
});

/** web.service is on machine a and has just had to leave it for machine b. */
async function movingAway(lines: string) {
  await bench.submit(WEB, lines);
  const engine = await bench.leading("m1");
  expect(await bench.placements()).toEqual([`${WEB}@a`]);
  await bench.says(a, WEB, "active");
  await bench.setMetadata("a", "disk", "hdd");
  await clock.advance(AT_ONCE_MS);
  return engine;
}
