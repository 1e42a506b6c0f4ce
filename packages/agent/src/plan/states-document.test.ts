import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { parseUnitName, type UnitHash } from "@fleet/core";
import type { ScheduleEntry } from "@fleet/registry";
import type { InstalledUnit } from "@fleet/systemd";
import { expect, test } from "vitest";

import { delayMs, TASK_BACK_OFF } from "../wait/back-off.ts";
import { planTasks } from "./plan-tasks.ts";

// docs/states.md is held to the code: its table of what an agent does is run.

const DOCUMENT = readFileSync(resolve(import.meta.dirname, "../../../../docs/states.md"), "utf8");
const UNIT = parseUnitName("web.service");
const OLD = "0".repeat(40) as UnitHash;
const NEW = "1".repeat(40) as UnitHash;

const rows = [
  ...DOCUMENT.matchAll(
    /^\| (nothing|(?:loaded|launched)(, another file)?) \| (nothing|loaded|launched) \| ([a-z, ]+) \|$/gm,
  ),
];

test("docs/states.md has a row for every case", () => {
  const cases = rows.map(([, wished, , installed]) => `${wished} / ${installed}`);
  expect(new Set(cases).size).toBe(cases.length);
  expect(cases).toHaveLength(3 * 3 + 2 * 2);
});

test.for(
  rows.map(([, wished = "", other, installed = "", tasks = ""]) => ({
    wished,
    other,
    installed,
    tasks,
  })),
)(
  "docs/states.md is true of $wished where there is $installed",
  ({ wished, other, installed, tasks }) => {
    const hash = other === undefined ? OLD : NEW;
    const targetState = wished.startsWith("launched") ? "launched" : "loaded";
    const wish: ScheduleEntry | undefined =
      wished === "nothing" ? undefined : { unit: UNIT, hash, targetState };
    const actual: InstalledUnit | undefined =
      installed === "nothing"
        ? undefined
        : { unit: UNIT, hash: OLD, launched: installed === "launched" };
    const planned = planTasks(wish, actual).map(({ kind }) => kind);
    expect(planned.join(", ") || "nothing").toBe(tasks);
  },
);

test("docs/states.md tells when a task is tried again", () => {
  const seconds = [1, 2, 3, 30].map((failures) => delayMs(TASK_BACK_OFF, failures) / 1_000);
  expect(seconds).toEqual([1, 2, 4, 10]);
  expect(DOCUMENT).toContain("The next try is after 1, 2, 4 … seconds, at most\nten");
});
