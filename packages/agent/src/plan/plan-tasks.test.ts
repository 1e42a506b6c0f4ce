import { parseUnitName, type UnitHash } from "@fleet/core";
import type { ScheduleEntry } from "@fleet/registry";
import type { InstalledUnit } from "@fleet/systemd";
import { expect, test } from "vitest";
import { planTasks } from "./plan-tasks.ts";

const UNIT = parseUnitName("web.service");
const OLD = "0".repeat(40) as UnitHash;
const NEW = "1".repeat(40) as UnitHash;

function wanted(targetState: ScheduleEntry["targetState"], hash = OLD): ScheduleEntry {
  return { unit: UNIT, hash, targetState };
}

function there(launched: boolean, hash: UnitHash | undefined = OLD): InstalledUnit {
  return { unit: UNIT, hash, launched };
}

const unreadable = (launched: boolean): InstalledUnit => ({ ...there(launched), hash: undefined });

const UNLOAD = "unload: unit loaded but not scheduled here";
const REPLACE = "unload: unit loaded but hash differs to expected";
const LOAD = "load: unit scheduled here but not loaded";
const START = "start: unit currently loaded but desired state is launched";
const STOP = "stop: unit currently launched but desired state is loaded";

test.for<
  [
    promise: string,
    desired: ScheduleEntry | undefined,
    actual: InstalledUnit | undefined,
    tasks: readonly string[],
  ]
>([
  ["nothing is wished and nothing is there", undefined, undefined, []],
  ["a loaded unit that is not wished is unloaded", undefined, there(false), [UNLOAD]],
  ["a launched unit that is not wished is unloaded", undefined, there(true), [UNLOAD]],
  ["an unreadable file that is not wished is unloaded", undefined, unreadable(false), [UNLOAD]],
  ["a unit to load is loaded", wanted("loaded"), undefined, [LOAD]],
  ["a unit to launch is loaded and started", wanted("launched"), undefined, [LOAD, START]],
  ["another version to load replaces", wanted("loaded", NEW), there(false), [REPLACE, LOAD]],
  [
    "another version to load replaces a launched one and is not started",
    wanted("loaded", NEW),
    there(true),
    [REPLACE, LOAD],
  ],
  [
    "another version to launch replaces and is started",
    wanted("launched", NEW),
    there(true),
    [REPLACE, LOAD, START],
  ],
  ["a loaded unit that should be is left alone", wanted("loaded"), there(false), []],
  ["a launched unit that should be is left alone", wanted("launched"), there(true), []],
  ["a loaded unit that should run is started", wanted("launched"), there(false), [START]],
  ["a launched unit that should rest is stopped", wanted("loaded"), there(true), [STOP]],
  [
    "an unreadable file is written again and what was launched stays",
    wanted("launched"),
    unreadable(true),
    [LOAD],
  ],
  [
    "an unreadable file of a unit that should run is written and started",
    wanted("launched"),
    unreadable(false),
    [LOAD, START],
  ],
  [
    "an unreadable file of a launched unit that should rest is written and stopped",
    wanted("loaded"),
    unreadable(true),
    [LOAD, STOP],
  ],
])("%s", ([, desired, actual, tasks]) => {
  const planned = planTasks(desired, actual);
  expect(planned.map((task) => `${task.kind}: ${task.reason}`)).toEqual(tasks);
  expect(planned.every((task) => task.unit === UNIT)).toBe(true);
});
