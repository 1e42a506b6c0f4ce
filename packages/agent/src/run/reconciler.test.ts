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

test("loads what it should load and starts what it should launch", async () => {
  bench.begin(loaded(A), launched(B));
  await bench.until("settled");
  expect(bench.journal()).toEqual(["start b.service"]);
  expect(bench.done).toEqual(["load a.service", "load b.service", "start b.service"]);
});

test("adopts what is there and as it should be without touching it", async () => {
  await bench.install(loaded(A), launched(B));
  bench.begin(loaded(A), launched(B));
  await bench.until("settled");
  expect(bench.calls).toEqual([]);
  expect(bench.journal()).toEqual(["start b.service"]);
});

test("unloads what it should not have, and only then forgets it", async () => {
  await bench.install(launched(A));
  bench.begin();
  await bench.until("settled");
  expect(bench.journal()).toEqual(["start a.service", "stop a.service", "end a.service"]);
  expect(bench.systemd.files.size).toBe(0);
  expect(bench.reconciler.units()).toEqual([]);
});

test("does nothing before the list is there, while it is stale and when the lease may be over", async () => {
  await bench.install(launched(A));
  bench.run();
  await bench.clock.advance(100_000);
  bench.begin(launched(A));
  await bench.until("settled");
  bench.view.live(false);
  bench.view.changes([{ unit: A, entry: undefined }]);
  await bench.clock.advance(100_000);
  bench.present = false;
  bench.view.live(true);
  await bench.clock.advance(100_000);
  expect(bench.journal()).toEqual(["start a.service"]);
  expect(bench.done).toEqual([]);
});

test("catches up when the list is fresh again", async () => {
  await bench.install(launched(A));
  bench.begin(launched(A));
  bench.view.live(false);
  await bench.clock.advance(100_000);
  bench.wish({ unit: A, entry: undefined }, { unit: B, entry: launched(B) });
  bench.view.live(true);
  await bench.until("settled");
  expect(bench.done).toEqual(["load b.service", "unload a.service", "start b.service"]);
});

test("an unreadable entry leaves its unit as it is", async () => {
  await bench.install(launched(A));
  bench.begin(launched(A));
  const unreadable = { key: "schedule/m/a.service", unit: A, problem: "not JSON" };
  bench.wish({ unit: A, unreadable });
  await bench.clock.advance(300_000);
  expect(bench.journal()).toEqual(["start a.service"]);
  bench.wish({ unit: A, entry: undefined });
  await bench.until("settled");
  expect(bench.systemd.files.size).toBe(0);
});

test("ends with its signal and leaves nothing waiting", async () => {
  bench.systemd.behave(A, { startMs: 3_600_000 });
  bench.begin(launched(A));
  await bench.clock.advance(1_000);
  await bench.close();
  expect(bench.journal()).toEqual(["start a.service"]);
});

test("a broken invariant ends it, whatever is still under way", async () => {
  bench.systemd.behave(A, { startMs: 3_600_000 });
  const broken = new Error("invariant broken");
  bench.beforeTask = (unit) => {
    if (unit === B) throw broken;
  };
  bench.begin(launched(A));
  await bench.clock.advance(100);
  bench.wish({ unit: B, entry: launched(B) });
  await bench.clock.advance(100);
  expect(await bench.ended()).toBe(broken);
});
