import { expect, test } from "vitest";
import type { MachineId } from "../machine.ts";
import { parseUnitFile } from "../unit/parse-unit-file.ts";
import { requirementsOf } from "../unit/requirements.ts";
import { parseUnitName } from "../unit/unit-name.ts";
import { candidateOf, type Candidate } from "./candidate.ts";
import { MachineLoad } from "./machine-load.ts";
import { explain, type Refusal } from "./refusal.ts";
import { refusalFor, refusalToStay } from "./rules.ts";

const MACHINE = "0123456789abcdef" as MachineId;

function candidate(name: string, ...lines: readonly string[]): Candidate {
  const file = parseUnitFile(`[X-Fleet]\n${lines.join("\n")}\n`);
  return candidateOf(parseUnitName(name), requirementsOf(name, file));
}

function load(...units: readonly Candidate[]): MachineLoad {
  const machine = new MachineLoad(
    MACHINE,
    new Map([
      ["region", "us"],
      ["disk", "ssd"],
    ]),
  );
  for (const unit of units) machine.add(unit);
  return machine;
}

/** The unit is `a.service`; the other, where there is one, is on the machine already. */
test.for<[promise: string, lines: string[], other: Candidate[], refusal: Refusal | undefined]>([
  ["no requirements: any machine", [], [], undefined],
  ["MachineID: the full ID", [`MachineID=${MACHINE}`], [], undefined],
  ["MachineID: the first eight characters", ["MachineID=01234567"], [], undefined],
  [
    "MachineID: no other length",
    ["MachineID=012345678"],
    [],
    { rule: "machine-id", machine: MACHINE, wanted: "012345678" },
  ],
  ["MachineID: empty", ["MachineID="], [], { rule: "machine-id", machine: MACHINE, wanted: "" }],
  [
    "X-ConditionMachineBootID: read as an ID",
    ["X-ConditionMachineBootID=x"],
    [],
    { rule: "machine-id", machine: MACHINE, wanted: "x" },
  ],
  ["MachineMetadata: the value", ["MachineMetadata=region=us"], [], undefined],
  [
    "MachineMetadata: one of several values, old spelling and new",
    ["MachineMetadata=region=eu", "X-ConditionMachineMetadata=region=us"],
    [],
    undefined,
  ],
  [
    "MachineMetadata: another value",
    ["MachineMetadata=region=eu"],
    [],
    { rule: "metadata", key: "region", wanted: ["eu"], found: "us" },
  ],
  [
    "MachineMetadata: every key",
    ['MachineMetadata="region=us" "cores=4"'],
    [],
    { rule: "metadata", key: "cores", wanted: ["4"], found: undefined },
  ],
  ["MachineOf: the peer is here", ["MachineOf=b.service"], [candidate("b.service")], undefined],
  [
    "MachineOf: a peer is not",
    ["MachineOf=b.service", "MachineOf=c.service"],
    [candidate("b.service")],
    { rule: "peer", missing: "c.service" },
  ],
  ["MachineOf: empty", ["MachineOf="], [], { rule: "peer", missing: "" }],
  [
    "MachineOf: no globs",
    ["MachineOf=b*"],
    [candidate("b.service")],
    { rule: "peer", missing: "b*" },
  ],
  [
    "MachineOf: not itself",
    ["MachineOf=%n"],
    [candidate("a.service")],
    { rule: "peer", missing: "a.service" },
  ],
  [
    "Conflicts: declared by the unit",
    ["Conflicts=b.service"],
    [candidate("b.service")],
    { rule: "conflict", with: "b.service" as never, pattern: "b.service", declaredBy: "unit" },
  ],
  [
    "Conflicts: declared by the other",
    [],
    [candidate("b.service", "X-Conflicts=a*")],
    { rule: "conflict", with: "b.service" as never, pattern: "a*", declaredBy: "other" },
  ],
  [
    "Conflicts: several words on a line, the lowest name is reported",
    ["Conflicts=c* b.service"],
    [candidate("c.service"), candidate("b.service")],
    { rule: "conflict", with: "b.service" as never, pattern: "b.service", declaredBy: "unit" },
  ],
  ["Conflicts: not with itself", ["Conflicts=a*"], [candidate("a.service")], undefined],
  [
    "Conflicts: a malformed pattern matches nothing",
    ["Conflicts=["],
    [candidate("b.service")],
    undefined,
  ],
  [
    "Conflicts: a class and an escape",
    ["Conflicts=[b-c].* \\\\d.service"],
    [candidate("c.service")],
    { rule: "conflict", with: "c.service" as never, pattern: "[b-c].*", declaredBy: "unit" },
  ],
  [
    "Replaces: by the other, which is here",
    [],
    [candidate("b.service", "Replaces=a.service")],
    { rule: "replaces", with: "b.service" as never, pattern: "a.service", why: "replaced" },
  ],
  [
    "Replaces: whom the unit replaces is not looked at",
    ["Replaces=b.service"],
    [candidate("b.service")],
    undefined,
  ],
  [
    "Replaces: no splitting at blanks",
    [],
    [candidate("b.service", "Replaces=a.service c.service")],
    undefined,
  ],
  [
    "Global: MachineID, MachineOf and Replaces are ignored",
    ["Global=true", "MachineID=x", "MachineOf=x.service", "Replaces=b.service"],
    [candidate("b.service")],
    undefined,
  ],
  [
    "Global: metadata and conflicts are not",
    ["Global=true", "Conflicts=b.service"],
    [candidate("b.service")],
    { rule: "conflict", with: "b.service" as never, pattern: "b.service", declaredBy: "unit" },
  ],
  [
    "the first rule in fleet's order is reported",
    ["MachineID=x", "MachineMetadata=region=eu", "MachineOf=x.service", "Conflicts=b.service"],
    [candidate("b.service")],
    { rule: "machine-id", machine: MACHINE, wanted: "x" },
  ],
])("%s", ([, lines, others, refusal]) => {
  expect(refusalFor(candidate("a.service", ...lines), load(...others))).toEqual(refusal);
});

test("a unit that is here yields only to those with the better claim", () => {
  const unit = candidate("a.service", "Conflicts=*");
  const here = load(unit, candidate("b.service"), candidate("c.service"));
  expect(refusalToStay(unit, here, () => false)).toBeUndefined();
  expect(refusalToStay(unit, here, (other) => other === "c.service")).toEqual({
    rule: "conflict",
    with: "c.service",
    pattern: "*",
    declaredBy: "unit",
  });
});

test("a unit that is here does not leave because another replaces it: that one sees to it", () => {
  const unit = candidate("a.service");
  const here = load(unit, candidate("b.service", "Replaces=a.service"));
  expect(refusalToStay(unit, here, () => true)).toBeUndefined();
});

test("a unit that left keeps nobody away any more", () => {
  const here = load(candidate("b.service", "Conflicts=a*", "Replaces=a.service"));
  here.remove(parseUnitName("b.service"));
  expect(refusalFor(candidate("a.service", "Conflicts=b.service"), here)).toBeUndefined();
});

test.for<[refusal: Refusal, words: string]>([
  [
    { rule: "machine-id", machine: MACHINE, wanted: "x" },
    `agent ID "${MACHINE}" does not match required "x"`,
  ],
  [
    { rule: "metadata", key: "k", wanted: ["v"], found: undefined },
    "local Machine metadata insufficient",
  ],
  [
    { rule: "peer", missing: "b.service" },
    "required peer Unit(b.service) is not scheduled locally",
  ],
  [
    { rule: "conflict", with: "b.service" as never, pattern: "b*", declaredBy: "other" },
    "found conflict with locally-scheduled Unit([b.service])",
  ],
  [
    { rule: "replaces", with: "b.service" as never, pattern: "a*", why: "replaced" },
    "found replace with locally-scheduled Unit(b.service)",
  ],
  [
    { rule: "replaces", with: "b.service" as never, pattern: "b*", why: "immovable" },
    "found replace with locally-scheduled Unit(b.service), which no other Machine is able to run",
  ],
  [
    { rule: "replaces", with: "b.service" as never, pattern: "b*", why: "circular" },
    "found circular replace with scheduled Unit(b.service)",
  ],
])("%o is explained", ([refusal, words]) => {
  expect(explain(refusal)).toBe(words);
});
