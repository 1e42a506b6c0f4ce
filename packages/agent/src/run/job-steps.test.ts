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

test("one unit's refused start is tried again and holds up nobody", async () => {
  bench.systemd.behave(A, { start: "refused" });
  bench.begin(launched(A), launched(B));
  await bench.until("b.service runs", () => bench.runs(B));
  expect(bench.error(A)).toBe(
    "cannot start a.service: Unit a.service has a bad unit file setting.",
  );
  expect(bench.isLaunched(A)).toBe(false);
  bench.systemd.behave(A, {});
  await bench.until("settled");
  expect(bench.runs(A)).toBe(true);
  expect(bench.error(A)).toBeUndefined();
});

test("how long systemd took is told, and how long after its wish a unit was started, once", async () => {
  bench.systemd.behave(A, { startMs: 300, stopMs: 200 });
  bench.begin(launched(A));
  await bench.until("settled");
  expect(bench.paces).toEqual(["start job 300", "started 300"]);
  bench.view.changes([{ unit: A, entry: loaded(A) }]);
  await bench.until("settled");
  expect(bench.paces.slice(2)).toEqual(["stop job 200"]);
});

test("what is started to repair something is not counted for a wish that was met long ago", async () => {
  await bench.install(launched(A));
  bench.begin(launched(A));
  await bench.until("settled");
  bench.systemd.files.delete(A);
  await bench.until("it is started again", () => bench.calls.includes("start a.service"));
  await bench.until("settled");
  expect(bench.paces.filter((pace) => pace.startsWith("started"))).toEqual([]);
});

test("a refused start is put off for twice as long each time, up to ten seconds", async () => {
  bench.systemd.behave(A, { start: "refused" });
  bench.begin(launched(A));
  await bench.clock.advance(50_000);
  const seconds = bench.failedAtMs.map((atMs) => Math.round(atMs / 1_000));
  expect(seconds).toEqual([0, 1, 3, 7, 15, 25, 35, 45]);
});

test("a newer wish does not wait for the next try", async () => {
  bench.systemd.behave(A, { start: "refused" });
  bench.begin(launched(A));
  await bench.clock.advance(40_000);
  const beforeMs = bench.clock.monotonicMs();
  bench.systemd.behave(A, {});
  bench.wish({ unit: A, entry: launched(A, "v2") });
  await bench.until("settled");
  expect(bench.runs(A)).toBe(true);
  expect(bench.clock.monotonicMs() - beforeMs).toBeLessThan(15);
});

test("a start job that ran and failed is systemd's business: launched, with its error", async () => {
  bench.systemd.behave(A, { start: "fails" });
  bench.begin(launched(A));
  await bench.clock.advance(300_000);
  expect(bench.journal()).toEqual(["start a.service", "end a.service"]);
  expect(bench.isLaunched(A)).toBe(true);
  expect(bench.error(A)).toBe("start job of a.service failed: failed");
});

test("what fails, ends or dies by itself is not started again", async () => {
  bench.systemd.behave(A, { start: "exits" });
  bench.begin(launched(A), launched(B));
  await bench.until("settled");
  bench.systemd.crash(B);
  await bench.clock.advance(300_000);
  expect(bench.journal()).toEqual([
    "start a.service",
    "start b.service",
    "end a.service",
    "end b.service",
  ]);
});

test("a unit that systemd started on its own is not fought", async () => {
  bench.begin(loaded(A));
  await bench.until("settled");
  await bench.systemd.unit(A).start();
  await bench.clock.advance(100_000);
  expect(bench.runs(A)).toBe(true);
});

test("a stop does not wait for the start that is under way", async () => {
  bench.systemd.behave(A, { startMs: 600_000, stopMs: 5_000 });
  bench.begin(launched(A));
  await bench.clock.advance(1_000);
  bench.wish({ unit: A, entry: loaded(A) });
  await bench.clock.advance(100);
  expect([bench.error(A), bench.isLaunched(A)]).toEqual([undefined, true]);
  await bench.until("settled");
  expect(bench.clock.monotonicMs()).toBeLessThan(6_100);
  expect(bench.calls).toEqual(["install a.service", "start a.service", "stop a.service"]);
  expect(bench.journal()).toEqual(["start a.service", "stop a.service", "end a.service"]);
  expect(bench.isLaunched(A)).toBe(false);
  expect(bench.error(A)).toBeUndefined();
});

test("a cancelled start is tried again", async () => {
  bench.systemd.behave(A, { startMs: 10_000 });
  bench.begin(launched(A));
  await bench.clock.advance(1_000);
  await bench.systemd.unit(A).stop();
  await bench.until("the error shows", () => bench.error(A) !== undefined);
  expect(bench.error(A)).toBe("start job of a.service failed: canceled");
  await bench.until("a.service runs", () => bench.runs(A));
  await bench.until("settled");
  expect(bench.error(A)).toBeUndefined();
});

test("more slow starts than there are slots do not hold up the rest", async () => {
  const slow = Array.from({ length: 200 }, (_, index) => `a${index + 100}.service` as UnitName);
  for (const unit of slow) bench.systemd.behave(unit, { startMs: 3_600_000 });
  bench.begin(...slow.map((unit) => launched(unit)), launched(B));
  await bench.until("b.service runs", () => bench.runs(B), 2_000);
});

test("a stop that never ends holds up nobody", async () => {
  await bench.install(launched(A), launched(B));
  bench.systemd.behave(A, { stopMs: "never" });
  bench.begin(launched("c.service" as UnitName));
  await bench.until("b.service is gone", () => !bench.systemd.files.has(B));
  await bench.until("c.service runs", () => bench.runs("c.service" as UnitName));
  expect(bench.systemd.files.has(A)).toBe(true);
});

test("a unit wished for again while it stops is started when it has stopped", async () => {
  await bench.install(launched(A));
  bench.systemd.behave(A, { stopMs: 3_000 });
  bench.begin();
  await bench.clock.advance(1_000);
  bench.wish({ unit: A, entry: launched(A) });
  await bench.until("settled");
  expect(bench.runs(A)).toBe(true);
  expect(bench.done).toEqual(["start a.service"]);
});

test("a unit that was started again since it was stopped is stopped again before it is removed", async () => {
  await bench.install(launched(A));
  bench.systemd.behave(A, { stopMs: 1_000 });
  bench.begin();
  await bench.clock.advance(500);
  bench.wish({ unit: A, entry: loaded(A) });
  await bench.until("settled");
  await bench.systemd.unit(A).start();
  bench.wish({ unit: A, entry: undefined });
  await bench.until("settled");
  expect(bench.calls).toEqual(["stop a.service", "stop a.service", "remove a.service"]);
  expect(bench.runs(A)).toBe(false);
});
