import { readFileSync } from "node:fs";

import type { Command, Option } from "commander";
import { describe, expect, test } from "vitest";

import type { Context } from "../context.ts";
import { variableOf } from "../flags/environment.ts";
import { isBoolean, nameOf } from "../flags/flag.ts";
import { globalFlags } from "../global-options.ts";
import { COMMANDS } from "../program.ts";

// docs/fleetctl.md says what the code does.

const DOCUMENT = readFileSync(new URL("../../../../docs/fleetctl.md", import.meta.url), "utf8");

/** What stands for any flag. */
const PLACEHOLDER = "--flag";

const commands = new Map<string, Command>();
for (const { name, load } of COMMANDS) commands.set(name, (await load())({} as Context));

const flagsOf = (name: string): readonly Option[] => commands.get(name)?.options ?? [];
const isShown = (option: Option): boolean => !option.hidden;
const globals = globalFlags();
const ownFlags = [...commands.keys()].flatMap(flagsOf);

const found = (pattern: RegExp, text = DOCUMENT): readonly string[] =>
  [...text.matchAll(pattern)].map(([, words = ""]) => words);

/** The part of the document below a heading. */
function section(heading: string): string {
  const rest = DOCUMENT.split(`\n${heading}\n`)[1] ?? "";
  return rest.split(/^#{1,3} /m)[0] ?? "";
}

test("every command has its heading, and no other word has", () => {
  const [, part = ""] = /\n## Commands\n(.*?)\n## /s.exec(DOCUMENT) ?? [];
  const headings = found(/^### (.+)$/gm, part).filter((heading) => heading !== "Waiting");
  const names = headings.flatMap((heading) =>
    heading.split(", ").map((one) => one.split(" ", 1)[0]),
  );
  // The introduction tells of help.
  const expected = [...commands.keys()].filter((name) => name !== "help");
  expect(names.toSorted()).toEqual(expected.toSorted());
});

test("every flag is named", () => {
  const named = new Set(found(/(--[a-z][a-z-]*)/g));
  const short = new Set(found(/`-([A-Za-z])`/g));
  const shown = [...globals, ...ownFlags].filter(isShown).map(nameOf);
  const missing = shown.filter((name) => !named.has(`--${name}`) && !short.has(name));
  expect(missing).toEqual([]);
});

test("no flag is named that there is not", () => {
  const known = new Set([...globals, ...ownFlags].map((option) => `--${nameOf(option)}`));
  const unknown = found(/(?<![\w-])(--[a-z][a-z-]*)/g).filter((flag) => !known.has(flag));
  expect(unknown.filter((flag) => flag !== PLACEHOLDER)).toEqual([]);
});

test("no variable is named that there is not", () => {
  const known = new Set(globals.map(variableOf));
  expect(found(/`(FLEETCTL_[A-Z_]+)`/g).filter((name) => !known.has(name))).toEqual([]);
});

describe("a table's default is the flag's", () => {
  const rows = [...DOCUMENT.matchAll(/^\| `--([a-z-]+)` +\| (\S*) *\|/gm)];
  const byName = new Map([...globals, ...ownFlags].map((option) => [nameOf(option), option]));

  test.for(rows.map(([, name = "", shown = ""]) => [name, shown.replaceAll("`", "")] as const))(
    "--%s: %s",
    ([name, shown]) => {
      const value: unknown = byName.get(name)?.defaultValue;
      expect(shown).toBe(String(value));
    },
  );
});

test.for(["list-machines", "list-units", "list-unit-files"])(
  "the columns of %s are its fields, the default ones in bold",
  (name) => {
    const row = DOCUMENT.split("\n").find((line) => line.startsWith(`| \`${name}\` `)) ?? "";
    const cells = row.split("|")[2] ?? "";
    const columns = cells
      .replaceAll(/\([^)]*\)/g, "")
      .split(",")
      .map((cell) => cell.trim());
    const fields = flagsOf(name).find((option) => nameOf(option) === "fields");
    const known = fields?.description.replace("Columns to print, of ", "").split(",") ?? [];
    const isBold = (column: string): boolean => column.startsWith("**");
    const bare = (column: string): string => column.replaceAll("*", "");
    expect(columns.map(bare).toSorted()).toEqual(known.toSorted());
    expect(columns.filter(isBold).map(bare).join(",")).toBe(fields?.defaultValue);
  },
);

test("the commands that wait are those that have the flags for it", () => {
  const having = (flag: string): readonly string[] =>
    [...commands.keys()].filter((name) =>
      flagsOf(name).some((option) => nameOf(option) === flag && isShown(option)),
    );
  const waiting = section("### Waiting");
  const [listed = ""] = found(/^\| `--no-block` +\| ([a-z, ]+?) +\|/gm, waiting);
  const noBlock = listed.split(", ");
  expect(noBlock.toSorted()).toEqual([...having("no-block")].toSorted());
  for (const flag of ["block-attempts", "timeout"]) {
    expect([...noBlock, "restart"].toSorted()).toEqual([...having(flag)].toSorted());
  }
});

test("only flags that take no value stand without one", () => {
  const withValue = new Set(found(/`--([a-z-]+)[= ][A-Z]+`/g));
  const wrong = [...globals, ...ownFlags].filter(
    (option) => withValue.has(nameOf(option)) && isBoolean(option),
  );
  expect(wrong.map(nameOf)).toEqual([]);
});
