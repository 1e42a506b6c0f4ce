import { beforeEach, expect, test } from "vitest";
import {
  AT_ONCE_MS,
  AUDIT_INTERVAL_MS,
  EngineBench,
  LEASE_TTL_MS,
  type BenchMachine,
} from "../testing/engine-bench.ts";

const WEB = "web.service";
/** It may not run twice, and its machine may be silent for so long. */
const SINGLE = "MachineMetadata=disk=ssd\nHandover=stop-first\nMoveAfter=10m";
const WAITING = [
  `${WEB} leaves a, loaded`,
  `${WEB} on b, launched, waits for its copy on machine a to stop`,
];
const MOVED = [`${WEB} on b, launched`];

let bench = new EngineBench();
let { clock } = bench;
let a: BenchMachine;

beforeEach(async () => {
  bench = new EngineBench();
  ({ clock } = bench);
  a = await bench.machine("a", { disk: "ssd" });
  await bench.machine("b", { disk: "ssd" });
  await bench.machine("c");
  return () => bench.close();
});

test("what a destroyed unit left on a silent machine is waited for as its file says", async () => {
  const first = await placed();
  await bench.destroy(WEB);
  await clock.advance(AT_ONCE_MS);
  a.store.disconnect();
  await clock.advance(5 * AUDIT_INTERVAL_MS);
  const next = bench.engine("m2").start();
  await first.stop();
  await clock.advance(LEASE_TTL_MS);
  expect(next.engine.leading).toBe(true);
  await bench.submit(WEB, SINGLE);
  await clock.advance(AT_ONCE_MS);
  expect(bench.workLists()).toEqual(WAITING);
  await clock.advance(9 * 60_000);
  expect(bench.workLists()).toEqual(WAITING);
  await clock.advance(2 * 60_000);
  expect(bench.workLists()).toEqual(MOVED);
});

test("the wait ends when it is over, although the unit is still destroyed", async () => {
  await placed();
  await bench.destroy(WEB);
  await clock.advance(AT_ONCE_MS);
  a.store.disconnect();
  await clock.advance(9 * 60_000);
  expect(bench.keys("leaving/")).toHaveLength(1);
  await clock.advance(60_000 + 5_000);
  expect(bench.keys("leaving/")).toEqual([]);
  expect(bench.workLists()).toEqual([]);
});

test("so is what a unit left that was destroyed while its machine was silent", async () => {
  await placed();
  a.store.disconnect();
  await clock.advance(60_000);
  await bench.destroy(WEB);
  await clock.advance(AT_ONCE_MS);
  await bench.submit(WEB, SINGLE);
  await clock.advance(AT_ONCE_MS);
  expect(bench.workLists()).toEqual(WAITING);
  await clock.advance(10 * 60_000);
  expect(bench.workLists()).toEqual(MOVED);
});

async function placed() {
  await bench.submit(WEB, SINGLE);
  const engine = await bench.leading("m1");
  expect(await bench.placements()).toEqual([`${WEB}@a`]);
  await bench.says(a, WEB, "active");
  await clock.advance(AT_ONCE_MS);
  return engine;
}
