import { RegistryUnavailableError, type UnitName } from "@fleet/core";
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

test("a burst is installed with one call before any of it is started", async () => {
  const names = Array.from({ length: 100 }, (_, index) => `w${index + 100}.service` as UnitName);
  bench.begin(...names.map((unit) => launched(unit)));
  await bench.until("settled");
  expect(bench.calls.filter((call) => call.startsWith("install"))).toHaveLength(1);
  const installed = bench.calls.findIndex((call) => call.startsWith("install"));
  expect(bench.calls.findIndex((call) => call.startsWith("start"))).toBeGreaterThan(installed);
  expect(bench.systemd.reloads).toBe(0);
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

test("a changed file is installed only after the old unit has stopped", async () => {
  await bench.install(launched(A));
  bench.systemd.behave(A, { stopMs: 5_000 });
  bench.begin(launched(A, "v2"));
  await bench.clock.advance(4_000);
  expect(bench.systemd.files.get(A)).toContain("v1");
  await bench.until("settled");
  expect(bench.systemd.files.get(A)).toContain("v2");
  expect(bench.done).toEqual(["unload a.service", "load a.service", "start a.service"]);
});

test("a replacement that has begun is finished although the store goes away", async () => {
  await bench.install(launched(A));
  bench.systemd.behave(A, { stopMs: 5_000 });
  bench.begin(launched(A, "v2"));
  await bench.clock.advance(1_000);
  bench.view.live(false);
  bench.present = false;
  await bench.until("a.service runs v2", () => bench.runs(A) && bench.has(A, "v2"));
});

test("a file that is missing costs the running version nothing and shows as an error", async () => {
  await bench.install(launched(A));
  bench.begin({ ...launched(A, "v2"), hash: "0".repeat(40) as never }, launched(B));
  await bench.until("b.service runs", () => bench.runs(B));
  await bench.clock.advance(300_000);
  expect(bench.journal()).toEqual(["start a.service", "start b.service"]);
  expect(bench.error(A)).toBe(`unit file ${"0".repeat(40)} is missing or cannot be read`);
});

test("a file whose text has another hash is refused rather than replaced for ever", async () => {
  await bench.install(launched(A));
  const lying = "1".repeat(40) as never;
  bench.files.set(lying, [{ section: "Service", name: "ExecStart", value: "/bin/lie" }]);
  bench.begin({ ...launched(A), hash: lying });
  await bench.clock.advance(300_000);
  expect(bench.journal()).toEqual(["start a.service"]);
  expect(bench.error(A)).toContain("has hash");
});

test("files are fetched again when the store was away", async () => {
  bench.fileFailure = new RegistryUnavailableError("no etcd");
  bench.begin(launched(A));
  await bench.until("the error shows", () => bench.error(A) === "no etcd");
  bench.fileFailure = undefined;
  await bench.until("settled");
  expect(bench.runs(A)).toBe(true);
  expect(bench.error(A)).toBeUndefined();
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

test("a refused start is put off for twice as long each time, up to a minute", async () => {
  bench.systemd.behave(A, { start: "refused" });
  bench.begin(launched(A));
  await bench.clock.advance(250_000);
  const seconds = bench.failedAtMs.map((atMs) => Math.round(atMs / 1_000));
  expect(seconds).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
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

test("a name that belongs to the machine is refused, visibly, and no one else waits", async () => {
  bench.systemd.addForeign(A);
  bench.begin(launched(A), launched(B));
  await bench.until("b.service runs", () => bench.runs(B));
  expect(bench.error(A)).toContain("belongs to this machine");
  bench.wish({ unit: A, entry: undefined });
  await bench.until("settled");
  expect(bench.reconciler.units()).toEqual([B]);
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

test("a unit wished for again while it is removed is installed afresh", async () => {
  await bench.install(launched(A));
  bench.delayMs.remove = 1_000;
  bench.begin();
  await bench.clock.advance(500);
  bench.wish({ unit: A, entry: launched(A) });
  await bench.until("settled");
  expect(bench.calls).toEqual([
    "stop a.service",
    "remove a.service",
    "install a.service",
    "start a.service",
  ]);
});

test("what waits to be installed is dropped when it is not wished for any more", async () => {
  bench.delayMs.install = 1_000;
  bench.begin(loaded(A));
  await bench.clock.advance(500);
  bench.wish({ unit: B, entry: launched(B) });
  await bench.clock.advance(100);
  bench.wish({ unit: B, entry: undefined });
  await bench.until("settled");
  await bench.clock.advance(10_000);
  expect(bench.calls).toEqual(["install a.service"]);
});

test("what waits to be installed is installed only in the version that is wished by then", async () => {
  bench.delayMs.install = 1_000;
  bench.begin(loaded(A));
  await bench.clock.advance(500);
  bench.wish({ unit: B, entry: loaded(B) });
  await bench.clock.advance(100);
  bench.delayMs.files = 1_000;
  bench.wish({ unit: B, entry: loaded(B, "v2") });
  await bench.until("settled");
  expect(bench.calls).toEqual(["install a.service", "install b.service"]);
  expect(bench.has(B, "v2")).toBe(true);
});

test("one unit that cannot be removed does not keep the others", async () => {
  await bench.install(loaded(A), loaded(B), loaded("c.service" as UnitName));
  bench.unremovable.add(B);
  bench.begin();
  await bench.clock.advance(100);
  expect([...bench.systemd.files.keys()]).toEqual([B]);
  bench.unremovable.clear();
  await bench.until("settled");
  expect(bench.calls.filter((call) => call === "stop b.service")).toHaveLength(2);
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

test("a unit between two versions is not reported gone", async () => {
  await bench.install(launched(A));
  bench.delayMs.install = 1_000;
  bench.begin(launched(A, "v2"));
  await bench.clock.advance(500);
  expect(bench.systemd.files.size).toBe(0);
  expect(bench.reconciler.report(A)).toEqual({ kind: "unchanged" });
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
