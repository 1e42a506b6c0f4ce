import { expect, test } from "vitest";

import { ManualClock } from "@fleet/core/testing";

import { Capture } from "../../testing/index.ts";
import type { Context } from "../context.ts";
import { groupedByText } from "./grouped-by-text.ts";
import { newReports, type Reports } from "./reports.ts";

const NOTHING: ReadonlyMap<string, string> = new Map();

class Told {
  readonly clock = new ManualClock();
  readonly stderr = new Capture();
  readonly reports: Reports;

  constructor(columns?: number, { debug = false } = {}) {
    const { clock, stderr } = this;
    const globals = (): object => ({ debug });
    const context = { clock, stderr, globals, terminalColumns: () => columns };
    this.reports = newReports(context as unknown as Context);
  }

  show(reasons: Record<string, string>, news: Record<string, string> = {}): void {
    this.reports.hide();
    this.reports.show(new Map(Object.entries(reasons)), new Map(Object.entries(news)));
  }

  get lines(): readonly string[] {
    return this.stderr.text.split("\n").slice(0, -1);
  }
}

test.for<[string, [string, string][], string[]]>([
  ["one unit", [["a", "x"]], ["unit a: x"]],
  ["one text", ["a", "b"].map((name) => [name, "x"]), ["units a, b: x"]],
  ["many", ["a", "b", "c", "d", "e"].map((name) => [name, "x"]), ["units a, b, c and 2 more: x"]],
  [
    "different texts",
    [
      ["a", "x"],
      ["b", "y"],
    ],
    ["unit a: x", "unit b: y"],
  ],
])("%s: one line for each text", ([, texts, lines]) => {
  expect(groupedByText(texts)).toEqual(lines);
});

test("in a pipe, a wait of less than two seconds leaves nothing", async () => {
  const told = new Told();
  told.show({ a: "x" });
  await told.clock.advance(1999);
  told.show({ a: "y" });
  told.show({}, { a: "active" });
  expect(told.lines).toEqual([]);
});

test("in a pipe, each change of each unit has its line, and so has its end", async () => {
  const told = new Told();
  await told.clock.advance(2000);
  told.show({ a: "x", b: "x" });
  await told.clock.advance(500);
  told.show({ a: "x", b: "x" });
  told.show({ a: "x", b: "y" });
  told.show({ a: "x" }, { b: "active", c: "active" });
  expect(told.lines).toEqual([
    "Waiting for units a, b: x",
    "Waiting for unit b: y",
    "Unit b: active",
  ]);
});

test("in a pipe, changes that follow each other closely are told of as they end", async () => {
  const told = new Told();
  await told.clock.advance(2000);
  told.show({ a: "x" });
  told.show({ a: "y" });
  await told.clock.advance(500);
  told.show({ a: "z" });
  expect(told.lines).toEqual(["Waiting for unit a: x", "Waiting for unit a: z"]);
});

const CLEAR = "\r\u001B[K";

test("on a terminal, one line is written anew, and nothing of it is left", () => {
  const told = new Told(80);
  told.show({ a: "x", b: "y" });
  told.show({ b: "y" }, { a: "active" });
  told.reports.hide();
  told.reports.hide();
  const [both, one] = ["Waiting for unit a: x; unit b: y", "Waiting for unit b: y"];
  expect(told.stderr.text).toBe(`${both}${CLEAR}${one}${CLEAR}`);
});

test("on a terminal, with --debug, each change has its line", async () => {
  const told = new Told(80, { debug: true });
  await told.clock.advance(2000);
  told.show({ a: "x" });
  expect(told.lines).toEqual(["Waiting for unit a: x"]);
});

test("on a terminal, the line leaves room for what Ctrl-C shows", () => {
  const told = new Told(22);
  told.show({ a: "a long reason" });
  expect(told.stderr.text).toBe("Waiting for unit a:");
});

test("on a terminal, nothing to wait for is nothing to show", () => {
  const told = new Told(80);
  told.reports.show(NOTHING, NOTHING);
  expect(told.stderr.text).toBe("");
});
