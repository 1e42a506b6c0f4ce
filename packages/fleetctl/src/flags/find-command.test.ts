import { describe, expect, test } from "vitest";

import { findCommand, matchName } from "./find-command.ts";

const NAMES = ["cat", "help", "list-machines", "list-units", "start", "status", "stop"];
const BOOLEAN_FLAGS = new Set(["debug", "help", "version"]);

describe("the command is the first word that no flag takes", () => {
  test.for<[string[], string]>([
    [["start", "foo"], "start: foo"],
    [["--debug", "start", "foo"], "start: --debug foo"],
    [["--endpoint", "start", "stop"], "stop: --endpoint start"],
    [["--endpoint=x", "start"], "start: --endpoint=x"],
    [["--no-block=true", "stop", "foo"], "stop: --no-block=true foo"],
    [["--no-block", "stop", "foo"], "unknown foo"],
    [["--help", "list-units"], "list-units: --help"],
    [["-h", "list-units"], "none"],
    [["-lx", "list-units"], "list-units: -lx"],
    [["--", "start"], "none"],
    [["--debug"], "none"],
    [["stop", "stop"], "stop: stop"],
    [["frob"], "unknown frob"],
  ])("%o: %s", ([argv, expected]) => {
    const lookup = findCommand(argv, NAMES, BOOLEAN_FLAGS);
    const found = lookup.kind === "found" && `${lookup.name}: ${lookup.rest.join(" ")}`;
    expect(found || (lookup.kind === "unknown" ? `unknown ${lookup.word}` : "none")).toBe(expected);
  });
});

describe("a name may be shortened as long as it is one", () => {
  test.for<[string, string | undefined]>([
    ["cat", "cat"],
    ["c", "cat"],
    ["h", "help"],
    ["list-m", "list-machines"],
    ["list-unit", "list-units"],
    ["list", undefined],
    ["sta", undefined],
    ["star", "start"],
    ["Cat", undefined],
  ])("%s: %s", ([word, name]) => {
    expect(matchName(word, NAMES)).toBe(name);
  });
});
