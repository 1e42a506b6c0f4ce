import {
  ForeignUnitError,
  parseUnitName,
  serialiseUnitFile,
  SystemdError,
  type UnitName,
} from "@fleet/core";
import { describe, expect, test } from "vitest";

import type { FileToInstall, SystemdState } from "../src/unit-manager.ts";
import type { UnitManagerBench } from "./bench.ts";
import { RecordingSink } from "./recording-sink.ts";
import { type SampleKind, sampleUnit } from "./sample-units.ts";
import { until } from "./until.ts";

const { signal } = new AbortController();
const WEB = parseUnitName("contract-web.service");
const DB = parseUnitName("contract-db.service");
const IDLE = parseUnitName("contract-idle.service");
const SIGTERM = 15;
const WANTED = "[Install]\nWantedBy=contract.target\n";

const RUNNING: SystemdState = { loadState: "loaded", activeState: "active", subState: "running" };
const DEAD: SystemdState = { loadState: "loaded", activeState: "inactive", subState: "dead" };
const FAILED: SystemdState = { loadState: "loaded", activeState: "failed", subState: "failed" };
const UNKNOWN: SystemdState = { loadState: "not-found", activeState: "inactive", subState: "dead" };

/** What every unit manager must do: run for the twin beside it, for a real systemd inside a machine. */
export function describeUnitManager(name: string, open: () => Promise<UnitManagerBench>): void {
  describe(`${name} unit manager`, () => {
    describeRoundTrip(open);
    describeJobs(open);
    describeFiles(open);
    describeMemory(open);
    describeRuns(open);
    describeWatch(open);
  });
}

type Open = () => Promise<UnitManagerBench>;

function describeRoundTrip(open: Open): void {
  test("TestSystemdUnitFlow: a unit is installed, started, stopped and removed", async () => {
    await using bench = await open();
    const file = sample(bench, WEB, "runs");
    expect(await stateOf(bench, WEB)).toEqual(UNKNOWN);

    expect(await bench.manager.install([file], signal)).toEqual([{ unit: WEB, ok: true }]);
    expect(await bench.manager.installed(signal)).toEqual([
      { unit: WEB, hash: file.hash, launched: false },
    ]);
    expect(await stateOf(bench, WEB)).toEqual(DEAD);

    expect(await bench.manager.start(WEB, signal)).toBe("done");
    expect(await stateOf(bench, WEB)).toEqual(RUNNING);
    expect(await isLaunched(bench, WEB)).toBe(true);

    expect(await bench.manager.stop(WEB, signal)).toBe("done");
    expect(await stateOf(bench, WEB)).toEqual(DEAD);
    expect(await isLaunched(bench, WEB)).toBe(false);

    await bench.manager.remove([WEB], signal);
    expect(await bench.manager.installed(signal)).toEqual([]);
    expect(await stateOf(bench, WEB)).toEqual(UNKNOWN);
  });

  test("a unit's file is what was installed; there is none of a unit that is not installed", async () => {
    await using bench = await open();
    const file = sample(bench, WEB, "runs");
    expect(await bench.manager.file(WEB, signal)).toBeUndefined();
    await install(bench, file);
    const read = await bench.manager.file(WEB, signal);
    expect(serialiseUnitFile(read ?? [])).toBe(file.text);
    await bench.manager.remove([WEB], signal);
    expect(await bench.manager.file(WEB, signal)).toBeUndefined();
  });

  test("two hundred units go through in one batch", async () => {
    await using bench = await open();
    const units = Array.from({ length: 200 }, (_, index) =>
      parseUnitName(`contract-many-${String(index).padStart(3, "0")}.service`),
    );
    const files = units.map((unit) => sample(bench, unit, "runs"));
    expect(await bench.manager.install(files, signal)).toEqual(
      units.map((unit) => ({ unit, ok: true })),
    );
    const started = await Promise.all(units.map(async (unit) => bench.manager.start(unit, signal)));
    expect(new Set(started)).toEqual(new Set(["done"]));
    const states = await bench.manager.states(units, signal);
    expect([...states.keys()]).toEqual(units);
    for (const state of states.values()) expect(state).toMatchObject(RUNNING);
    const stopped = await Promise.all(units.map(async (unit) => bench.manager.stop(unit, signal)));
    expect(new Set(stopped)).toEqual(new Set(["done"]));
    await bench.manager.remove(units, signal);
    expect(await bench.manager.installed(signal)).toEqual([]);
  });
}

function describeJobs(open: Open): void {
  test.for<[promise: string, kind: SampleKind, result: string, state: SystemdState]>([
    ["a service that runs: done", "runs", "done", RUNNING],
    ["a oneshot that ends well: done", "exits", "done", DEAD],
    ["a oneshot that ends badly: failed", "fails", "failed", FAILED],
    ["a service that dies at once: done, then failed", "crashes", "done", FAILED],
  ])("start tells how the job ended. %s", async ([, kind, result, state]) => {
    await using bench = await open();
    await install(bench, sample(bench, WEB, kind));
    expect(await bench.manager.start(WEB, signal)).toBe(result);
    await until(`${WEB} is ${state.activeState}`, async () => {
      return (await stateOf(bench, WEB)).activeState === state.activeState;
    });
    expect(await stateOf(bench, WEB)).toEqual(state);
  });

  test("a start that a stop overtakes is canceled", async () => {
    await using bench = await open();
    await install(bench, sample(bench, WEB, "lingers"));
    const starting = bench.manager.start(WEB, signal);
    await until(`${WEB} is activating`, async () => {
      return (await stateOf(bench, WEB)).activeState === "activating";
    });
    expect(await bench.manager.stop(WEB, signal)).toBe("done");
    expect(await starting).toBe("canceled");
  });

  test("starting what runs is done and changes nothing", async () => {
    await using bench = await open();
    await install(bench, sample(bench, WEB, "runs"));
    await bench.manager.start(WEB, signal);
    expect(await bench.manager.start(WEB, signal)).toBe("done");
    expect(await stateOf(bench, WEB)).toEqual(RUNNING);
  });

  test("a unit that systemd refuses to start is an error that names it, and not launched", async () => {
    await using bench = await open();
    await install(bench, sample(bench, WEB, "refused"));
    const starting = bench.manager.start(WEB, signal);
    await expect(starting).rejects.toThrow(SystemdError);
    await expect(starting).rejects.toThrow(WEB);
    expect(await isLaunched(bench, WEB)).toBe(false);
  });

  test("a unit that systemd does not know cannot be started; stopping and removing it is done", async () => {
    await using bench = await open();
    await expect(bench.manager.start(WEB, signal)).rejects.toThrow(SystemdError);
    expect(await bench.manager.stop(WEB, signal)).toBe("done");
    await expect(bench.manager.remove([WEB], signal)).resolves.toBeUndefined();
  });

  test("a unit that failed is forgotten when it is removed", async () => {
    await using bench = await open();
    await install(bench, sample(bench, WEB, "fails"));
    await bench.manager.start(WEB, signal);
    await bench.manager.stop(WEB, signal);
    await bench.manager.remove([WEB], signal);
    expect(await stateOf(bench, WEB)).toEqual(UNKNOWN);
  });

  test("whoever waits for a job can give up; the job goes on", async () => {
    await using bench = await open();
    await install(bench, sample(bench, WEB, "lingers"));
    const gaveUp = new AbortController();
    const starting = bench.manager.start(WEB, gaveUp.signal);
    await until(`${WEB} is activating`, async () => {
      return (await stateOf(bench, WEB)).activeState === "activating";
    });
    gaveUp.abort(new Error("no patience"));
    await expect(starting).rejects.toThrow("no patience");
    expect((await stateOf(bench, WEB)).activeState).toBe("activating");
    expect(await isLaunched(bench, WEB)).toBe(true);
  });
}

function describeFiles(open: Open): void {
  test("a new unit needs no reload of systemd, nor does an unchanged one", async () => {
    await using bench = await open();
    const before = await bench.reloads();
    await install(bench, sample(bench, WEB, "runs"), sample(bench, DB, "runs"));
    await bench.manager.start(WEB, signal);
    await install(bench, sample(bench, WEB, "runs"), sample(bench, DB, "runs"));
    expect(await bench.reloads()).toBe(before);
  });

  test("the changed file of a running unit counts from its next start, and leaves it running", async () => {
    await using bench = await open();
    await install(bench, sample(bench, WEB, "runs"));
    await bench.manager.start(WEB, signal);
    const before = await bench.reloads();
    const changed = sample(bench, WEB, "fails");
    await install(bench, changed);
    expect(await bench.reloads()).not.toBe(before);
    expect(await bench.manager.installed(signal)).toEqual([
      { unit: WEB, hash: changed.hash, launched: true },
    ]);
    expect((await stateOf(bench, WEB)).activeState).toBe("active");
    await bench.manager.stop(WEB, signal);
    expect(await bench.manager.start(WEB, signal)).toBe("failed");
  });

  test("a unit with an [Install] section is enabled until it has none or is removed", async () => {
    await using bench = await open();
    await install(bench, sample(bench, WEB, "runs", WANTED), sample(bench, DB, "runs", WANTED));
    expect([await bench.isEnabled(WEB), await bench.isEnabled(DB)]).toEqual([true, true]);
    await install(bench, sample(bench, WEB, "runs"));
    await bench.manager.remove([DB], signal);
    expect([await bench.isEnabled(WEB), await bench.isEnabled(DB)]).toEqual([false, false]);
    expect(await bench.manager.start(WEB, signal)).toBe("done");
  });

  test("a name that belongs to the machine is refused, and the rest of the batch is installed", async () => {
    await using bench = await open();
    const files = [sample(bench, bench.foreign, "runs"), sample(bench, WEB, "runs")];
    const [refused, installed] = await bench.manager.install(files, signal);
    expect(refused).toMatchObject({ unit: bench.foreign, ok: false });
    expect(refused?.ok === false && refused.error).toBeInstanceOf(ForeignUnitError);
    expect(refused?.ok === false && refused.error.message).toMatch(
      new RegExp(`${bench.foreign} belongs to this machine \\(/.+/${bench.foreign}\\)`),
    );
    expect(installed).toEqual({ unit: WEB, ok: true });
    await bench.manager.remove([bench.foreign], signal);
    expect(await bench.isForeignUntouched()).toBe(true);
  });

  test("the hash is that of the file as it is, whoever changed it; none when it cannot be read", async () => {
    await using bench = await open();
    await install(bench, sample(bench, WEB, "runs"), sample(bench, DB, "runs"));
    const other = sampleUnit(WEB, "exits");
    await bench.edit(WEB, other.text);
    await bench.edit(DB, "[Service");
    expect(await bench.manager.installed(signal)).toEqual([
      { unit: DB, hash: undefined, launched: false },
      { unit: WEB, hash: other.hash, launched: false },
    ]);
  });
}

function describeMemory(open: Open): void {
  test("files and marks survive the daemon, and what runs goes on", async () => {
    await using bench = await open();
    const [web, db] = [sample(bench, WEB, "runs"), sample(bench, DB, "runs")];
    await install(bench, web, db);
    await bench.manager.start(WEB, signal);
    await bench.reopen();
    expect(await bench.manager.installed(signal)).toEqual([
      { unit: DB, hash: db.hash, launched: false },
      { unit: WEB, hash: web.hash, launched: true },
    ]);
    expect(await stateOf(bench, WEB)).toEqual(RUNNING);
  });

  test("a reboot ends the marks, not the files of a directory that survives it", async () => {
    await using bench = await open();
    const web = sample(bench, WEB, "runs");
    await install(bench, web);
    await bench.manager.start(WEB, signal);
    await bench.reboot();
    expect(await bench.manager.installed(signal)).toEqual([
      { unit: WEB, hash: web.hash, launched: false },
    ]);
    expect(await stateOf(bench, WEB)).toEqual(DEAD);
    expect(await bench.manager.start(WEB, signal)).toBe("done");
  });

  test("a manager that is closed refuses to work", async () => {
    await using bench = await open();
    const { manager } = bench;
    await bench.reopen();
    await expect(manager.start(WEB, signal)).rejects.toThrow(SystemdError);
  });
}

function describeRuns(open: Open): void {
  test.for<[promise: string, kind: SampleKind, result: string, exitStatus: number | undefined]>([
    ["a service that runs has no exit status", "runs", "success", undefined],
    ["a oneshot that ended well", "exits", "success", 0],
    ["a oneshot that ended badly", "fails", "exit-code", 1],
    ["a service that died", "crashes", "exit-code", 1],
  ])("a state tells how the last run went. %s", async ([, kind, result, exitStatus]) => {
    await using bench = await open();
    await install(bench, sample(bench, WEB, kind));
    await bench.manager.start(WEB, signal);
    await until("the result is known", async () => (await runOf(bench, WEB))?.result === result);
    const run = await runOf(bench, WEB);
    expect(run).toMatchObject({ result, restarts: 0 });
    expect(run?.exitStatus).toBe(exitStatus);
    expect(run?.exitSignal).toBeUndefined();
  });

  test("a state tells that a condition kept the unit from being started, until it does not", async () => {
    await using bench = await open();
    await install(bench, sample(bench, WEB, "skips"));
    expect((await runOf(bench, WEB))?.isSkipped).toBeUndefined();
    expect(await bench.manager.start(WEB, signal)).toBe("done");
    await until("that is known", async () => (await runOf(bench, WEB))?.isSkipped === true);
    expect(await runOf(bench, WEB)).toMatchObject({ activeState: "inactive" });
    await install(bench, sample(bench, WEB, "runs"));
    await bench.manager.start(WEB, signal);
    await until("it was started", async () => (await runOf(bench, WEB))?.isSkipped === undefined);
  });

  test("a state tells since when it holds, and keeps doing so after a restart of the daemon", async () => {
    await using bench = await open();
    await install(bench, sample(bench, WEB, "runs"));
    expect((await runOf(bench, WEB))?.sinceMs).toBeUndefined();
    await bench.manager.start(WEB, signal);
    await until("since is known", async () => (await runOf(bench, WEB))?.sinceMs !== undefined);
    const started = await runOf(bench, WEB);
    await bench.reopen();
    expect(await runOf(bench, WEB)).toEqual(started);
    await bench.manager.stop(WEB, signal);
    await until("the stop is known", async () => {
      return (await runOf(bench, WEB))?.exitSignal === SIGTERM;
    });
    expect((await runOf(bench, WEB))?.sinceMs).toBeGreaterThanOrEqual(started?.sinceMs ?? 0);
  });

  test.for<[promise: string, kind: SampleKind, known: Partial<SystemdState>]>([
    ["a oneshot that ended well", "exits", { result: "success", exitStatus: 0 }],
    ["a oneshot that ended badly", "fails", { result: "exit-code", exitStatus: 1 }],
    ["a unit that a condition kept from being started", "skips", { isSkipped: true }],
  ])("so does the state of one that is down while systemd has it in memory. %s", async (row) => {
    const [, kind, known] = row;
    await using bench = await open();
    const keeps = `[Unit]\nAfter=${WEB} ${IDLE}\n`;
    const others = [sample(bench, DB, "runs", keeps), sample(bench, IDLE, "exits")];
    await install(bench, sample(bench, WEB, kind), ...others);
    await bench.manager.start(DB, signal);
    await bench.manager.start(WEB, signal);
    await until("its end is known", async () => {
      const { activeState, ...run } = (await runOf(bench, WEB)) ?? UNKNOWN;
      return (
        activeState !== "deactivating" &&
        Object.entries(known).every(([fact, value]) => run[fact as keyof typeof run] === value)
      );
    });
    const before = await runOf(bench, WEB);
    await bench.reopen();
    expect(await runOf(bench, WEB)).toEqual(before);
    expect(await runOf(bench, IDLE)).toEqual(DEAD);
  });

  test("a unit that is removed leaves nothing known of its runs", async () => {
    await using bench = await open();
    await install(bench, sample(bench, WEB, "fails"));
    await bench.manager.start(WEB, signal);
    await bench.manager.stop(WEB, signal);
    await bench.manager.remove([WEB], signal);
    await install(bench, sample(bench, WEB, "runs"));
    expect(await runOf(bench, WEB)).toEqual(DEAD);
  });
}

function describeWatch(open: Open): void {
  test("the changes of installed units are reported as they happen", async () => {
    await using bench = await open();
    await install(bench, sample(bench, WEB, "runs"), sample(bench, DB, "crashes"));
    const sink = new RecordingSink();
    const end = new AbortController();
    const watching = bench.manager.watch(sink, end.signal);
    await bench.manager.start(WEB, signal);
    await until("the start is reported", () => sink.changed.has(WEB));
    expect(sink.changed.has(DB)).toBe(false);
    sink.changed.clear();
    await bench.manager.start(DB, signal);
    await until("the failure is reported", () => sink.changed.has(DB));
    sink.changed.clear();
    await bench.manager.stop(WEB, signal);
    await until("the stop is reported", () => sink.changed.has(WEB));
    expect(sink.events).toEqual(["live"]);
    end.abort();
    await watching;
  });

  test("a connection that breaks is made again; the watcher is told to compare everything", async () => {
    await using bench = await open();
    await install(bench, sample(bench, WEB, "runs"));
    const sink = new RecordingSink();
    const end = new AbortController();
    const watching = bench.manager.watch(sink, end.signal);
    await bench.breakConnection();
    await until("the connection is back", () => sink.events.includes("resync"));
    expect(sink.events).toEqual(["live", "lost", "live", "resync"]);
    expect(await bench.manager.start(WEB, signal)).toBe("done");
    await until("the start is reported", () => sink.changed.has(WEB));
    end.abort();
    await watching;
  });
}

/** A sample unit's file, with the bench told what the unit does. */
function sample(
  bench: UnitManagerBench,
  unit: UnitName,
  kind: SampleKind,
  extra = "",
): FileToInstall {
  bench.teach(unit, kind);
  return sampleUnit(unit, kind, extra);
}

async function install(bench: UnitManagerBench, ...files: readonly FileToInstall[]): Promise<void> {
  const results = await bench.manager.install(files, signal);
  expect(results).toEqual(files.map(({ unit }) => ({ unit, ok: true })));
}

/** What a unit's state is; its last run has tests of its own. */
async function stateOf(bench: UnitManagerBench, unit: UnitName): Promise<SystemdState> {
  const { loadState, activeState, subState } = (await runOf(bench, unit)) ?? UNKNOWN;
  return { loadState, activeState, subState };
}

async function runOf(bench: UnitManagerBench, unit: UnitName): Promise<SystemdState | undefined> {
  return (await bench.manager.states([unit], signal)).get(unit);
}

async function isLaunched(bench: UnitManagerBench, unit: UnitName): Promise<boolean> {
  const installed = await bench.manager.installed(signal);
  return installed.some((entry) => entry.unit === unit && entry.launched);
}
