import { describe } from "vitest";
import { promises, UNABLE } from "../../testing/plan-rows.ts";

describe("MachineID", () => {
  promises([
    ["the full ID is met", "machines 1 2; units a=2", ["assign a to 2"]],
    ["the short ID is met", "machines 0123456789 2; units a=01234567", ["assign a to 0123456789"]],
    ["no other prefix is", "machines 0123456789; units a=0123", ["wait a"]],
    [
      "a unit on another machine leaves it",
      "machines 1 2; units a=2@1",
      [
        `unassign a from 1: ${UNABLE("1", 'agent ID "1" does not match required "2"')}`,
        "assign a to 2",
      ],
    ],
    [
      "pinned to a machine that is away it waits, and keeps its entry",
      "machines 2; units a=1@1",
      ["wait a"],
    ],
    ["and stays as it was when the machine is back", "machines 1 2; units a=1@1", []],
  ]);
});

describe("MachineMetadata", () => {
  promises([
    [
      "values of a key are alternatives",
      "machines 1[r=x] 2[r=b]; units a[r=a,r=b]",
      ["assign a to 2"],
    ],
    [
      "keys must all be met",
      "machines 1[r=a] 2[d=s] 3[r=a,d=s]; units a[r=a,d=s]",
      ["assign a to 3"],
    ],
    ["a machine without the key refuses", "machines 1; units a[r=a]", ["wait a"]],
    ["items that are no pair ask for nothing", "machines 1; units a[r=,x]", ["assign a to 1"]],
    [
      "a unit moves when its machine no longer has it",
      "machines 1 2[r=a]; units a[r=a]@1",
      [`unassign a from 1: ${UNABLE("1", "local Machine metadata insufficient")}`, "assign a to 2"],
    ],
  ]);
});

describe("MachineOf", () => {
  promises([
    [
      "a follower goes where its peer goes, in the same pass",
      "machines 1 2; units x@1 a>b b",
      ["assign a to 2", "assign b to 2"],
    ],
    [
      "a chain is placed in one pass, whatever the names",
      "machines 1; units a>b b>c c",
      ["assign a to 1", "assign b to 1", "assign c to 1"],
    ],
    ["a peer that is unknown is waited for", "machines 1; units a>x", ["wait a"]],
    ["a peer that is inactive is waited for", "machines 1; units a>b b:inactive", ["wait a"]],
    ["an inactive global peer counts for nothing", "machines 1; units a>b b^:inactive", ["wait a"]],
    ["mutual peers wait", "machines 1; units a>b b>a", ["wait a", "wait b"]],
    ["a unit is not its own peer", "machines 1; units a>a", ["wait a"]],
    ["mutual peers that are placed stay", "machines 1; units a>b@1 b>a@1", []],
    ["all peers must be there", "machines 1 2; units a>b>c b@1 c@2", ["wait a"]],
    ["a global peer is everywhere", "machines 1; units a>g g^", ["assign a to 1", "assign g to 1"]],
    [
      "followers move with their peer in the same pass",
      "machines 2; units a>b@1 b>c@1 c@1",
      [
        "unassign a from 1: target Machine(1) went away",
        "assign a to 2",
        "unassign b from 1: target Machine(1) went away",
        "assign b to 2",
        "unassign c from 1: target Machine(1) went away",
        "assign c to 2",
      ],
    ],
    [
      "a follower leaves when its peer ends",
      "machines 1; units a>b@1 b@1:inactive",
      [
        `unassign a from 1: ${UNABLE("1", "required peer Unit(b.service) is not scheduled locally")}`,
        "unassign b from 1: target state inactive",
        "wait a",
      ],
    ],
  ]);
});

describe("Global", () => {
  promises([
    ["one entry on each machine", "machines 1 2; units g^", ["assign g to 1", "assign g to 2"]],
    ["only where metadata allow", "machines 1 2[r=a]; units g^[r=a]", ["assign g to 2"]],
    [
      "inactive: none",
      "machines 1; units g^:inactive@1",
      ["unassign g from 1: target state inactive"],
    ],
    [
      "an inactive global unit keeps nobody away",
      "machines 1; units a g^!a:inactive",
      ["assign a to 1"],
    ],
    [
      "of conflicting new ones the first by name wins everywhere",
      "machines 1 2; units g0^!g* g1^!g*",
      ["assign g0 to 1", "assign g0 to 2", "wait g1"],
    ],
    [
      "one that is placed stays beside a new one of lower name",
      "machines 1; units g0^!g* g1^!g*@1",
      ["wait g0"],
    ],
    [
      "a placed unit keeps a conflicting global one away",
      "machines 1 2; units a@1 g^!a",
      ["assign g to 2"],
    ],
    [
      "a new global unit goes before a new unit",
      "machines 1; units a g^!a",
      ["assign g to 1", "wait a"],
    ],
    [
      "MachineOf and MachineID of a global unit are ignored",
      "machines 1; units g^>x=9",
      ["assign g to 1"],
    ],
    ["entries on a machine that is away are kept for its return", "machines 1; units g^@1@2", []],
    ["a unit that became global spreads", "machines 1 2; units g^@1", ["assign g to 2"]],
    [
      "a unit that is no longer global keeps one place",
      "machines 1 2; units g@1@2",
      ["unassign g from 2: unit also scheduled to Machine(1)"],
    ],
  ]);
});
