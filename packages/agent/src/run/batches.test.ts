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

test("a burst is installed with one call before any of it is started", async () => {
  const names = Array.from({ length: 100 }, (_, index) => `w${index + 100}.service` as UnitName);
  bench.begin(...names.map((unit) => launched(unit)));
  await bench.until("settled");
  expect(bench.calls.filter((call) => call.startsWith("install"))).toHaveLength(1);
  const installed = bench.calls.findIndex((call) => call.startsWith("install"));
  expect(bench.calls.findIndex((call) => call.startsWith("start"))).toBeGreaterThan(installed);
  expect(bench.systemd.reloads).toBe(0);
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

test("a name that belongs to the machine is refused, visibly, and no one else waits", async () => {
  bench.systemd.addForeign(A);
  bench.begin(launched(A), launched(B));
  await bench.until("b.service runs", () => bench.runs(B));
  expect(bench.error(A)).toContain("belongs to this machine");
  bench.wish({ unit: A, entry: undefined });
  await bench.until("settled");
  expect(bench.reconciler.units()).toEqual([B]);
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

test("a unit between two versions is not reported gone", async () => {
  await bench.install(launched(A));
  bench.delayMs.install = 1_000;
  bench.begin(launched(A, "v2"));
  await bench.clock.advance(500);
  expect(bench.systemd.files.size).toBe(0);
  expect(bench.reconciler.report(A)).toEqual({ kind: "unchanged" });
});
