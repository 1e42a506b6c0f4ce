import type { UnitName } from "@fleet/core";
import { beforeEach, expect, test } from "vitest";
import { Bench, launched, loaded } from "../../testing/bench.ts";

const A = "a.service" as UnitName;
const B = "b.service" as UnitName;

let bench = new Bench();

beforeEach(() => {
  bench = new Bench();
  return async () => bench.close();
});

test("systemd away: nothing is given up, and everything goes on when it is back", async () => {
  bench.systemd.setReachable(false);
  bench.begin(launched(A));
  await bench.clock.advance(40_000);
  bench.systemd.setReachable(true);
  bench.reconciler.resync();
  const beforeMs = bench.clock.monotonicMs();
  await bench.until("a.service runs", () => bench.runs(A));
  expect(bench.clock.monotonicMs() - beforeMs).toBeLessThan(15);
});

test("a file that vanished behind its back is put back by the next repair", async () => {
  bench.begin(loaded(A));
  await bench.until("settled");
  bench.systemd.files.delete(A);
  await bench.until("the file is back", () => bench.systemd.files.has(A));
});

test("plans nothing before the machine was read", async () => {
  await bench.install(launched(A));
  bench.delayMs.installed = 1_000;
  bench.begin(launched(A), launched(B));
  await bench.clock.advance(900);
  expect(bench.calls).toEqual([]);
  await bench.until("settled");
  expect(bench.calls).toEqual(["install b.service", "start b.service"]);
});

test("a machine that cannot be read is read again soon, but not all the time", async () => {
  bench.systemd.setReachable(false);
  bench.begin(launched(A));
  await bench.clock.advance(60_000);
  expect(bench.reads).toBeGreaterThan(10);
  expect(bench.reads).toBeLessThan(20);
  bench.systemd.setReachable(true);
  await bench.until("a.service runs", () => bench.runs(A), 5_000);
});

test("a reading that began before a step of a unit says nothing about that unit", async () => {
  bench.begin(loaded(A));
  await bench.until("settled");
  bench.delayMs.installed = 1_000;
  bench.reconciler.resync();
  await bench.clock.advance(500);
  bench.wish({ unit: A, entry: launched(A) });
  await bench.clock.advance(10_000);
  expect(bench.calls).toEqual(["install a.service", "start a.service"]);
});

test("a reading does not take back a start that waits for its turn", async () => {
  const names = Array.from({ length: 100 }, (_, index) => `w${index + 100}.service` as UnitName);
  for (const unit of names) bench.systemd.behave(unit, { startMs: 1_000 });
  bench.begin(...names.map((unit) => launched(unit)));
  await bench.clock.advance(100);
  bench.reconciler.resync();
  await bench.until("settled");
  await bench.clock.advance(10_000);
  expect(bench.calls.filter((call) => call.startsWith("start"))).toHaveLength(100);
});
