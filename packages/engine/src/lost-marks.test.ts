import { beforeEach, expect, test } from "vitest";
import {
  AT_ONCE_MS,
  AUDIT_INTERVAL_MS,
  EngineBench,
  LEASE_TTL_MS,
  PREFIX,
  type BenchMachine,
} from "../testing/engine-bench.ts";

const WEB = "web.service";
const SSD = "MachineMetadata=disk=ssd";
const MARK = `leaving/${WEB}/a`;
const MOVING = [`${WEB} leaves a, launched`, `${WEB} on b, launched`];
const MOVED = [`${WEB} on b, launched`];

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

test("a mark that somebody removes is put back, and the copy leaves when it may", async () => {
  const engine = await movingAway(SSD);
  const mark = bench.read(MARK);
  bench.remove(MARK);
  await clock.advance(AT_ONCE_MS);
  expect(bench.read(MARK)).toBe(mark);
  expect(engine.messages.at(-1)).toBe(`Marked Unit(${WEB}) as leaving Machine(a) again`);
  expect(bench.workLists()).toEqual(MOVING);
  await isActiveThere();
  expect(bench.workLists()).toEqual(MOVED);
  expect(bench.keys("leaving/")).toEqual([]);
});

test("so is one that somebody breaks, also when another leads by then", async () => {
  const first = await movingAway(SSD);
  const mark = bench.read(MARK);
  await first.stop();
  bench.write(MARK, "oops");
  await clock.advance(LEASE_TTL_MS);
  await bench.leading("m2");
  expect(bench.read(MARK)).toBe(mark);
  await isActiveThere();
  expect(bench.workLists()).toEqual(MOVED);
});

test("the next leader puts back what was removed before it came", async () => {
  const first = await movingAway(SSD);
  await first.stop();
  bench.remove(MARK);
  await clock.advance(LEASE_TTL_MS);
  await bench.leading("m2");
  expect(bench.workLists()).toEqual(MOVING);
  await isActiveThere();
  expect(bench.workLists()).toEqual(MOVED);
});

test("so it does where work lists cannot be read at first", async () => {
  const first = await movingAway(SSD);
  await first.stop();
  bench.remove(MARK);
  await clock.advance(LEASE_TTL_MS);
  const next = bench.engine("m2");
  next.store.refuseRanges(`${PREFIX}schedule/`, 2);
  next.start();
  await clock.until("the mark is back", () => bench.keys("leaving/").length === 1);
});

test("Handover=stop-first: whoever leads, the next copy waits also where the mark was broken", async () => {
  const first = await movingAway(`${SSD}\nHandover=stop-first`);
  await first.stop();
  bench.write(MARK, "oops");
  await clock.advance(LEASE_TTL_MS);
  await bench.leading("m2");
  const arriving = `${WEB} on b, launched, waits for its copy on machine a to stop`;
  expect(bench.workLists()).toEqual([`${WEB} leaves a, loaded`, arriving]);
  await bench.says(a, WEB, "inactive", { currentState: "loaded" });
  await clock.advance(AT_ONCE_MS);
  expect(bench.workLists()).toEqual(MOVED);
});

test("the only copy is not stopped for the sake of its mark", async () => {
  await movingAway(SSD);
  const mark = bench.read(MARK);
  bench.write(MARK, "oops");
  await clock.advance(AT_ONCE_MS);
  expect(bench.read(MARK)).toBe(mark);
  bench.remove(MARK);
  await bench.says(b, WEB, "failed");
  await clock.advance(AUDIT_INTERVAL_MS);
  expect(bench.workLists()).toEqual(MOVING);
});

test("a mark of what no work list has is left as it is", async () => {
  await movingAway("");
  bench.write(`leaving/${WEB}/b`, "oops");
  await clock.advance(AUDIT_INTERVAL_MS);
  expect(bench.read(`leaving/${WEB}/b`)).toBe("oops");
  expect(bench.workLists()).toEqual([`${WEB} on a, launched`]);
});

test("a unit is not taken off its machine because its work list says that it leaves", async () => {
  await movingAway("");
  const hash = await bench.hashOf(WEB);
  const entry = JSON.stringify({ hash, targetState: "launched", leaving: true });
  bench.write(`schedule/a/${WEB}`, entry);
  bench.write(MARK, "oops");
  await clock.advance(AT_ONCE_MS);
  expect(await bench.placements()).toEqual([`${WEB}@a`]);
});

/** web.service is on machine a and, where it asks for that, has just had to leave it for machine b. */
async function movingAway(lines: string) {
  await bench.submit(WEB, lines);
  const engine = await bench.leading("m1");
  await bench.says(a, WEB, "active");
  await bench.setMetadata("a", "disk", "hdd");
  await clock.advance(AT_ONCE_MS);
  return engine;
}

async function isActiveThere(): Promise<void> {
  await bench.says(b, WEB, "active");
  await clock.advance(AT_ONCE_MS);
}
