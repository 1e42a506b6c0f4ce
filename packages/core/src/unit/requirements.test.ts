import { describe, expect, test } from "vitest";

import { parseUnitFile } from "./parse-unit-file.ts";
import { isGlobal, requirementsOf, type Requirements } from "./requirements.ts";

const NONE: Requirements = {
  machineId: undefined,
  peers: [],
  metadata: new Map(),
  conflicts: [],
  replaces: [],
  global: false,
  moveAfterMs: undefined,
  onIsolation: "keep",
  handover: "start-first",
};

function requirementsIn(lines: string, name = "web@1.service"): Requirements {
  return requirementsOf(name, parseUnitFile(`[X-Fleet]\n${lines}\n`));
}

type Row<K extends keyof Requirements> = readonly [lines: string, wanted: Requirements[K]];

describe("MachineID", () => {
  test.for<Row<"machineId">>([
    ["MachineID=abc", "abc"],
    ["X-ConditionMachineID=abc", "abc"],
    ["X-ConditionMachineBootID=abc", "abc"],
    ['MachineID="123" "456"', "123"],
    ["MachineID=123\nMachineID=456", "123"],
    ["X-ConditionMachineBootID=c\nX-ConditionMachineID=b\nMachineID=a", "a"],
    ["X-ConditionMachineBootID=c\nX-ConditionMachineID=b", "b"],
    ["MachineID=\nX-ConditionMachineID=b", ""],
    ["MachineID=", ""],
    ["MachineID=%i", "1"],
    ["MachineBootID=abc", undefined],
  ])("%j asks for %j", ([lines, machineId]) => {
    expect(requirementsIn(lines)).toEqual({ ...NONE, machineId });
  });
});

describe("MachineOf", () => {
  test.for<Row<"peers">>([
    ["MachineOf=a.service", ["a.service"]],
    ["X-ConditionMachineOf=a.service", ["a.service"]],
    ["MachineOf=b\nX-ConditionMachineOf=a", ["a", "b"]],
    ["MachineOf=a b", ["a b"]],
    ['MachineOf="a" "b"', ["a", "b"]],
    ["MachineOf=", [""]],
    ["MachineOf=%p.socket", ["web.socket"]],
  ])("%j asks for the peers %j", ([lines, peers]) => {
    expect(requirementsIn(lines)).toEqual({ ...NONE, peers });
  });
});

describe("MachineMetadata", () => {
  test.for<readonly [lines: string, wanted: Readonly<Record<string, readonly string[]>>]>([
    ["MachineMetadata=region=a", { region: ["a"] }],
    ["X-ConditionMachineMetadata=region=a", { region: ["a"] }],
    ['MachineMetadata="region=a" "disk=ssd"', { region: ["a"], disk: ["ssd"] }],
    [
      'MachineMetadata="region=a" "disk=ssd"\nMachineMetadata=region=b',
      { region: ["a", "b"], disk: ["ssd"] },
    ],
    ["MachineMetadata=region=a\nX-ConditionMachineMetadata=region=b", { region: ["b", "a"] }],
    ["MachineMetadata=region=a disk=ssd", {}],
    ["MachineMetadata= region = a ", { "region ": [" a"] }],
    ["MachineMetadata=foo=", {}],
    ["MachineMetadata==x", {}],
    ["MachineMetadata=a=b=c", {}],
    ["MachineMetadata=a", {}],
    ["MachineMetadata=", {}],
    ["MachineMetadata=instance=%i", { instance: ["1"] }],
  ])("%j asks for %j", ([lines, wanted]) => {
    const metadata = new Map(Object.entries(wanted).map(([key, values]) => [key, new Set(values)]));

    expect(requirementsIn(lines)).toEqual({ ...NONE, metadata });
  });
});

describe("Conflicts", () => {
  test.for<Row<"conflicts">>([
    ["Conflicts=a b", ["a", "b"]],
    ["Conflicts=a\nConflicts=b", ["a", "b"]],
    ['Conflicts="a" "b"', ["a", "b"]],
    ["Conflicts=a \t\u00a0 b", ["a", "b"]],
    ["Conflicts=b\nX-Conflicts=a", ["a", "b"]],
    ["Conflicts=", []],
    ["Conflicts=%p@*.service", ["web@*.service"]],
  ])("%j asks for the patterns %j", ([lines, conflicts]) => {
    expect(requirementsIn(lines)).toEqual({ ...NONE, conflicts });
  });

  test("a specifier that expands to words gives several patterns", () => {
    const { conflicts } = requirementsIn("Conflicts=%i", "a@b c.service");

    expect(conflicts).toEqual(["b", "c"]);
  });
});

describe("Replaces", () => {
  test.for<Row<"replaces">>([
    ["Replaces=a.*", ["a.*"]],
    ["Replaces=a b", ["a b"]],
    ['Replaces="a" "b"', ["a", "b"]],
    ["Replaces=", [""]],
    ["X-Replaces=a", []],
  ])("%j asks for the patterns %j", ([lines, replaces]) => {
    expect(requirementsIn(lines)).toEqual({ ...NONE, replaces });
  });
});

describe("Global", () => {
  test.for<Row<"global">>([
    ["Global=true", true],
    ["Global=yes", true],
    ["Global=1", true],
    ["Global=on", true],
    ["Global=t", true],
    ["Global=TRUE", true],
    ["Global=On", true],
    ["Global=y", false],
    ["Global=01", false],
    ["Global=enabled", false],
    ["Global=false", false],
    ["Global=", false],
    ["Global=false\nGlobal=true", true],
    ["Global=true\nGlobal=false", false],
    ["Global=true\nGlobal=", false],
    ['Global="false" "true"', true],
    ["Global=%i", true],
    ["X-Global=true", false],
  ])("%j is %j", ([lines, global]) => {
    expect(requirementsIn(lines)).toEqual({ ...NONE, global });
    expect(isGlobal(parseUnitFile(`[X-Fleet]\n${lines}\n`), "web@1.service")).toBe(global);
  });

  test("without a name a specifier is text", () => {
    expect(isGlobal(parseUnitFile("[X-Fleet]\nGlobal=%i\n"))).toBe(false);
  });
});

describe("how a unit moves", () => {
  test.for<readonly [lines: string, wanted: Partial<Requirements>]>([
    ["MoveAfter=5m", { moveAfterMs: 300_000 }],
    ["MoveAfter=0s", { moveAfterMs: 0 }],
    ["MoveAfter=5m\nMoveAfter=1h30m", { moveAfterMs: 5_400_000 }],
    ["MoveAfter=5m\nMoveAfter=", {}],
    ["MoveAfter=5", {}],
    ["moveafter=5m", {}],
    ["OnIsolation=keep", {}],
    ["OnIsolation=stop", { onIsolation: "stop", handover: "stop-first" }],
    ["OnIsolation=Stop", { onIsolation: "stop", handover: "stop-first" }],
    ["OnIsolation=stop\nOnIsolation=keep", {}],
    ["OnIsolation=halt", {}],
    ["OnIsolation=stop\nHandover=start-first", { onIsolation: "stop", handover: "stop-first" }],
    ["Handover=stop-first", { handover: "stop-first" }],
    ["Handover=STOP-FIRST", { handover: "stop-first" }],
    ["Handover=start-first", {}],
    ["Handover=stop", {}],
  ])("%j asks for %j", ([lines, wanted]) => {
    expect(requirementsIn(lines)).toEqual({ ...NONE, ...wanted });
  });
});

test("a file without [X-Fleet] asks for nothing", () => {
  const file = parseUnitFile("[Unit]\nMachineID=a\nGlobal=true\nConflicts=b\n");

  expect(requirementsOf("a.service", file)).toEqual(NONE);
});

test("all keys are read together", () => {
  const lines =
    "Conflicts=b*\nMachineOf=a.service\nMachineMetadata=x=y\nReplaces=c*\nGlobal=1\n" +
    "MoveAfter=1s\nOnIsolation=stop\nHandover=stop-first";

  expect(requirementsIn(lines)).toEqual({
    machineId: undefined,
    peers: ["a.service"],
    metadata: new Map([["x", new Set(["y"])]]),
    conflicts: ["b*"],
    replaces: ["c*"],
    global: true,
    moveAfterMs: 1000,
    onIsolation: "stop",
    handover: "stop-first",
  });
});
