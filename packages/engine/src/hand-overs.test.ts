import type { UnitHash, UnitState } from "@fleet/core";
import { beforeEach, expect, test } from "vitest";
import {
  AT_ONCE_MS,
  EngineBench,
  LEASE_TTL_MS,
  type BenchMachine,
} from "../testing/engine-bench.ts";

/** How long a machine of the bench is silent before its record goes away. */
const AGENT_TTL_MS = 30_000;
const WEB = "web.service";
const SSD = "MachineMetadata=disk=ssd";

let bench = new EngineBench();
let { clock } = bench;
let machines: Record<"a" | "b", BenchMachine>;

beforeEach(async () => {
  bench = new EngineBench();
  ({ clock } = bench);
  const a = await bench.machine("a", { disk: "ssd" });
  machines = { a, b: await bench.machine("b", { disk: "ssd" }) };
  return () => bench.close();
});

test("a unit leaves a machine that no longer suits it once it runs on the next", async () => {
  await movingAway(SSD);
  expect(await bench.placements()).toEqual([`${WEB}@b`]);
  expect(bench.workLists()).toEqual([`${WEB} leaves a, launched`, `${WEB} on b, launched`]);
  await says("b", "activating");
  expect(bench.workLists()).toHaveLength(2);
  await says("b", "active");
  expect(bench.workLists()).toEqual([`${WEB} on b, launched`]);
  expect(bench.keys("leaving/")).toEqual([]);
});

test("a new copy that fails leaves the old one running, and is told", async () => {
  const engine = await movingAway(SSD);
  await says("b", "failed");
  expect(bench.workLists()).toEqual([`${WEB} leaves a, launched`, `${WEB} on b, launched`]);
  expect(engine.messages.at(-1)).toBe(`Unit(${WEB}) failed where it moved to: it stays on a`);
  await says("b", "active");
  expect(bench.workLists()).toEqual([`${WEB} on b, launched`]);
  expect(engine.seen.filter((what) => what.startsWith("kept"))).toEqual(["kept 1", "kept 0"]);
});

test.for<[what: string, state: Partial<UnitState>, words: string]>([
  [
    "ends well",
    { result: "success", sinceMs: 1 },
    "ended without a failure where it moved to: it stays on a",
  ],
  [
    "a condition keeps from starting",
    { isSkipped: true },
    "was skipped where it moved to, for a condition in its file: it stays on a",
  ],
  [
    "ExecCondition= keeps from starting",
    { result: "exec-condition", sinceMs: 1 },
    "was skipped where it moved to, for a condition in its file: it stays on a",
  ],
])("so does one that %s", async ([, state, words]) => {
  const engine = await movingAway(SSD);
  await bench.says(machines.b, WEB, "inactive", { result: "success" });
  await clock.advance(AT_ONCE_MS);
  expect(engine.seen).not.toContain("kept 1");
  await bench.says(machines.b, WEB, "inactive", state);
  await clock.advance(AT_ONCE_MS);
  expect(engine.messages.at(-1)).toBe(`Unit(${WEB}) ${words}`);
  expect(bench.workLists()).toEqual([`${WEB} leaves a, launched`, `${WEB} on b, launched`]);
  await says("b", "active");
  expect(bench.workLists()).toEqual([`${WEB} on b, launched`]);
  expect(engine.seen.filter((what) => what.startsWith("kept"))).toEqual(["kept 1", "kept 0"]);
});

test("a oneshot that ends well on both machines is not told of, and leaves the old one when it has", async () => {
  const engine = await movingAway(SSD);
  await says("a", "activating");
  await bench.says(machines.b, WEB, "inactive", { result: "success", sinceMs: 1 });
  await clock.advance(AT_ONCE_MS);
  expect(bench.workLists()).toEqual([`${WEB} leaves a, launched`, `${WEB} on b, launched`]);
  await bench.says(machines.a, WEB, "inactive", { result: "success", sinceMs: 1 });
  await clock.advance(AT_ONCE_MS);
  expect(bench.workLists()).toEqual([`${WEB} on b, launched`]);
  expect(engine.seen.filter((what) => what.startsWith("kept"))).toEqual([]);
});

test("the active state of an older version does not count", async () => {
  await movingAway(SSD);
  await says("b", "active", "0".repeat(40));
  expect(bench.workLists()).toHaveLength(2);
});

test("a copy that ended by itself is not waited for", async () => {
  await movingAway(SSD);
  await says("a", "inactive");
  expect(bench.workLists()).toEqual([`${WEB} on b, launched`]);
});

test.for(["Handover=stop-first", "OnIsolation=stop"])(
  "%s: the unit starts on the next machine once it is stopped on the first",
  async (option) => {
    await movingAway(`${SSD}\n${option}`);
    const arriving = `${WEB} on b, launched, waits for its copy on machine a to stop`;
    expect(bench.workLists()).toEqual([`${WEB} leaves a, loaded`, arriving]);
    await says("a", "deactivating");
    expect(bench.workLists()).toHaveLength(2);
    await hasStopped("a");
    expect(bench.workLists()).toEqual([`${WEB} on b, launched`]);
  },
);

test.for(["unloaded", "destroyed"])(
  "Handover=stop-first: one that was %s and is wanted again waits for its old copy's end",
  async (how) => {
    await placed(`${SSD}\nHandover=stop-first`);
    await says("a", "active");
    if (how === "destroyed") await bench.destroy(WEB);
    else await bench.submit(WEB, `${SSD}\nHandover=stop-first`, "inactive");
    await bench.setMetadata("a", "disk", "hdd");
    await clock.advance(AT_ONCE_MS);
    expect(bench.workLists()).toEqual([`${WEB} leaves a, loaded`]);
    await bench.submit(WEB, `${SSD}\nHandover=stop-first`);
    await clock.advance(AT_ONCE_MS);
    const arriving = `${WEB} on b, launched, waits for its copy on machine a to stop`;
    expect(bench.workLists()).toEqual([`${WEB} leaves a, loaded`, arriving]);
    await hasStopped("a");
    expect(bench.workLists()).toEqual([`${WEB} on b, launched`]);
  },
);

test("Handover=stop-first: a machine that dies meanwhile is not waited for", async () => {
  await bench.machine("c");
  await movingAway(`${SSD}\nHandover=stop-first`);
  machines.a.store.disconnect();
  await clock.advance(AGENT_TTL_MS + 5_000);
  expect(bench.workLists()).toEqual([`${WEB} on b, launched`]);
});

test("a machine that comes back keeps its copy until the other one runs", async () => {
  await placed("");
  machines.a.store.disconnect();
  await clock.advance(AGENT_TTL_MS + 5_000);
  expect(await bench.placements()).toEqual([`${WEB}@b`]);
  machines.a = await bench.machine("a", { disk: "ssd" });
  await clock.advance(AT_ONCE_MS);
  await says("a", "active");
  expect(bench.workLists()).toEqual([`${WEB} leaves a, launched`, `${WEB} on b, launched`]);
  await says("b", "active");
  expect(bench.workLists()).toEqual([`${WEB} on b, launched`]);
});

test("a unit goes back to where it still runs when its new machine dies", async () => {
  await bench.machine("c");
  await placed("");
  machines.a.store.disconnect();
  await clock.advance(AGENT_TTL_MS + 5_000);
  const [place] = await bench.placements();
  const next = place === `${WEB}@b` ? machines.b : undefined;
  machines.a = await bench.machine("a", { disk: "ssd" });
  next?.store.disconnect();
  await clock.advance(AGENT_TTL_MS + 5_000);
  expect(await bench.placements()).toEqual([`${WEB}@a`]);
  expect(bench.workLists()).toContain(`${WEB} on a, launched`);
});

test("what a unit left is stopped when the unit is stopped or destroyed", async () => {
  await movingAway(SSD);
  await bench.submit(WEB, SSD, "inactive");
  await clock.advance(AT_ONCE_MS);
  expect(bench.workLists()).toEqual([]);
  expect(bench.keys("leaving/")).toEqual([]);
});

test("what a unit left is stopped when no machine takes the unit any more", async () => {
  await movingAway(SSD);
  await bench.setMetadata("b", "disk", "hdd");
  await clock.advance(AT_ONCE_MS);
  expect(bench.workLists()).toEqual([]);
});

test("a unit that replaces another starts once that one has left", async () => {
  await placed("");
  await says("a", "active");
  await bench.submit("new.service", `Replaces=${WEB}\nMachineID=a`);
  await clock.advance(AT_ONCE_MS);
  const arriving = `new.service on a, launched, waits for ${WEB} to leave this machine`;
  expect(bench.workLists()).toEqual([
    arriving,
    `${WEB} leaves a, launched`,
    `${WEB} on b, launched`,
  ]);
  await says("b", "active");
  expect(bench.workLists()).toEqual([arriving, `${WEB} leaves a, loaded`, `${WEB} on b, launched`]);
  await hasStopped("a");
  expect(bench.workLists()).toEqual(["new.service on a, launched", `${WEB} on b, launched`]);
});

test("who leads next brings the move to its end", async () => {
  const first = await movingAway(SSD);
  const next = bench.engine("m2").start();
  await first.stop();
  await clock.advance(LEASE_TTL_MS);
  expect(next.engine.leading).toBe(true);
  expect(bench.workLists()).toHaveLength(2);
  await says("b", "active");
  expect(bench.workLists()).toEqual([`${WEB} on b, launched`]);
});

async function placed(lines: string) {
  await bench.submit(WEB, lines);
  const engine = await bench.leading("m1");
  expect(await bench.placements()).toEqual([`${WEB}@a`]);
  return engine;
}

/** web.service is on machine a and has just had to leave it for machine b. */
async function movingAway(lines: string) {
  const engine = await placed(lines);
  await says("a", "active");
  await bench.setMetadata("a", "disk", "hdd");
  await clock.advance(AT_ONCE_MS);
  return engine;
}

async function says(id: "a" | "b", activeState: string, hash?: string): Promise<void> {
  await bench.says(
    machines[id],
    WEB,
    activeState,
    hash === undefined ? {} : { hash: hash as UnitHash },
  );
  await clock.advance(AT_ONCE_MS);
}

/** As the agent puts it when it has stopped the unit. */
async function hasStopped(id: "a" | "b"): Promise<void> {
  await bench.says(machines[id], WEB, "inactive", { currentState: "loaded" });
  await clock.advance(AT_ONCE_MS);
}
