import { describe, expect, test } from "vitest";

import { fleetItems, unknownFleetKeys } from "./fleet-options.ts";
import { parseUnitFile } from "./parse-unit-file.ts";

/** The items of `MachineOf` in a `[X-Fleet]` section with these lines, for a unit of that name. */
function itemsOf(lines: string, name?: string): readonly string[] {
  return fleetItems(parseUnitFile(`[X-Fleet]\n${lines}\n`), "MachineOf", name);
}

describe("a value is split", () => {
  test.for<readonly [value: string, items: readonly string[], how: string]>([
    ['"a" "b"', ["a", "b"], "at a space between quotes"],
    ['"a"  "b"', ["a", "", "b"], "at each of two spaces"],
    ['"a"\t"b"', ["a\tb"], "not at a tab"],
    ['"a""b"', ["ab"], "not where quotes touch"],
    ['"a b" "c"', ["a b", "c"], "not inside quotes"],
    ['"a" b "c"', ["a", "b", "c"], "also round a bare word"],
    ['"a=b" c', ['"a=b" c'], "not when it does not end in a quote"],
    ['a "b"', ['a "b"'], "not when it does not start with one"],
    ["a b", ["a b"], "not without quotes"],
    ["'a' 'b'", ["'a' 'b'"], "not at single quotes"],
    ['""', [""], "into one empty item when it is two quotes"],
    ['"', [""], "into one empty item when it is one quote"],
    ["", [""], "into one empty item when it is empty"],
    ['"bar" "', ["bar", ""], "into an empty item behind the last space"],
    [String.raw`"foo\"bar"`, [String.raw`foo\bar`], "without escapes"],
    ['"a" \\\n "b"', ["a", "\\\n", "b"], "with a continuation as an item of its own"],
  ])("%j into %j: %s", ([value, items]) => {
    expect(itemsOf(`MachineOf=${value}`)).toEqual(items);
  });

  test("lines of one key add up in file order", () => {
    expect(itemsOf('MachineOf="a" "b"\nConflicts=x\nMachineOf=c')).toEqual(["a", "b", "c"]);
  });

  test("an empty line adds an empty item and resets nothing", () => {
    expect(itemsOf("MachineOf=a\nMachineOf=")).toEqual(["a", ""]);
  });

  test.for(["x-fleet", "X-fleet", "Unit", " X-Fleet"])("section %j says nothing", (section) => {
    const file = parseUnitFile(`[${section}]\nMachineOf=a\n`);

    expect(fleetItems(file, "MachineOf", undefined)).toEqual([]);
  });
});

describe("specifiers", () => {
  test.for<readonly [name: string | undefined, value: string, item: string]>([
    ["foo@bar.service", "%n", "foo@bar.service"],
    ["foo@bar.service", "%N", "foo@bar"],
    ["foo@bar.service", "%p", "foo"],
    ["foo@bar.service", "%i", "bar"],
    ["foo@bar.service", "%p-%i-%p.service", "foo-bar-foo.service"],
    ["foo@.service", "x%i", "x"],
    ["foo.service", "%p.socket", "foo.socket"],
    ["foo.service", "%i", ""],
    ["foo.service", "%N", "foo"],
    ["foo.1@2.socket", "%p/%i/%N", "foo.1/2/foo.1@2"],
    ["foo@bar.service", "%m%H%j%%", "%m%H%j%%"],
    ["foo.service", "%%n", "%foo.service"],
    ["foo@$&.service", "%i", "$&"],
    [String.raw`foo@a\x2db.service`, "%i", String.raw`a\x2db`],
    ["foo", "%n%N%p%i", "%n%N%p%i"],
    [undefined, "%n%N%p%i", "%n%N%p%i"],
  ])("of %s make %j into %j", ([name, value, item]) => {
    expect(itemsOf(`MachineOf=${value}`, name)).toEqual([item]);
  });

  test("are expanded after the value is split", () => {
    expect(itemsOf('MachineOf="%p" "%i"', "a@b c.service")).toEqual(["a", "b c"]);
  });
});

describe("unknown keys", () => {
  test("are told once each, in file order", () => {
    const file = parseUnitFile("[X-Fleet]\nFoo=1\nGlobal=true\nBar=2\nFoo=3\n");

    expect(unknownFleetKeys(file)).toEqual(["Foo", "Bar"]);
  });

  test.for([
    "MachineBootID",
    "X-ConditionConflicts",
    "X-Global",
    "X-MachineMetadata",
    "machineof",
    "moveAfter",
    "",
  ])("%j is one", (key) => {
    expect(unknownFleetKeys(parseUnitFile(`[X-Fleet]\n${key}=1\n`))).toEqual([key]);
  });

  test.for([
    "MachineID",
    "X-ConditionMachineID",
    "X-ConditionMachineBootID",
    "MachineOf",
    "X-ConditionMachineOf",
    "Conflicts",
    "X-Conflicts",
    "MachineMetadata",
    "X-ConditionMachineMetadata",
    "Global",
    "Replaces",
    "MoveAfter",
    "OnIsolation",
    "Handover",
  ])("%j is none", (key) => {
    expect(unknownFleetKeys(parseUnitFile(`[X-Fleet]\n${key}=1\n`))).toEqual([]);
  });

  test("of other sections are systemd's business", () => {
    expect(unknownFleetKeys(parseUnitFile("[Unit]\nFoo=1\n"))).toEqual([]);
  });
});
