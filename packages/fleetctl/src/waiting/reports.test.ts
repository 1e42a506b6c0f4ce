import { expect, test } from "vitest";

import { ManualClock } from "@fleet/core/testing";

import { Capture } from "../../testing/index.ts";
import type { Context } from "../context.ts";
import { reportLines, Reports } from "./reports.ts";

test.for<[string, [string, string][], string[]]>([
  ["one unit", [["a", "x"]], ["Waiting for unit a: x"]],
  [
    "units with one reason",
    [
      ["a", "x"],
      ["b", "x"],
    ],
    ["Waiting for units a, b: x"],
  ],
  [
    "many units",
    [
      ["a", "x"],
      ["b", "x"],
      ["c", "x"],
      ["d", "x"],
      ["e", "x"],
    ],
    ["Waiting for units a, b, c and 2 more: x"],
  ],
  [
    "different reasons",
    [
      ["a", "x"],
      ["b", "y"],
    ],
    ["Waiting for unit a: x", "Waiting for unit b: y"],
  ],
])("%s: one line for each reason", ([, reasons, lines]) => {
  expect(reportLines(new Map(reasons))).toEqual(lines);
});

test("a wait is told of after two seconds, and again only when its reason changes", async () => {
  const clock = new ManualClock();
  const stderr = new Capture();
  const reports = new Reports({ clock, stderr } as unknown as Context);
  const show = (reason: string): void => reports.show(new Map([["a", reason]]));
  show("x");
  await clock.advance(2000);
  show("x");
  await clock.advance(5000);
  reports.show(new Map([["b", "x"]]));
  show("y");
  show("z");
  await clock.advance(2000);
  show("z");
  const told = ["x", "y", "z"].map((reason) => `Waiting for unit a: ${reason}\n`);
  expect(stderr.text).toBe(told.join(""));
});
