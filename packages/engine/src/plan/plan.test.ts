import { describe, expect, test } from "vitest";
import { clusterOf, inWords } from "../../testing/scenario.ts";
import { everythingDirty } from "../model/marks.ts";
import { plan } from "./plan.ts";

type Row = readonly [promise: string, before: string, decisions: readonly string[]];

/** The text of a cluster and its decisions is explained at `scenarioOf`. */
function promises(rows: readonly Row[]): void {
  test.for(rows)("%s", ([, before, decisions]) => {
    expect(plan(clusterOf(before), everythingDirty()).map(inWords)).toEqual(decisions);
  });
}

const UNABLE = (machine: string, reason: string): string =>
  `target Machine(${machine}) unable to run unit: ${reason}`;

describe("choice", () => {
  promises([
    ["without machines a unit waits", "units a", ["wait a"]],
    ["the least loaded machine is chosen", "machines 1 2; units a@1 b", ["assign b to 2"]],
    ["equal load goes to the lowest ID", "machines 2 1; units a", ["assign a to 1"]],
    [
      "a burst is spread, in name order",
      "machines 1 2; units c b a",
      ["assign a to 1", "assign b to 2", "assign c to 1"],
    ],
    [
      "a loaded unit is placed like a launched one",
      "machines 1; units a:loaded",
      ["assign a to 1"],
    ],
    ["an inactive unit is not placed", "machines 1; units a:inactive", []],
    [
      "a global unit counts as load where it is",
      "machines 1 2; units g^[disk=ssd]@1 a",
      [
        "unassign g from 1: target Machine(1) unable to run unit: local Machine metadata insufficient",
        "assign a to 1",
        "wait g",
      ],
    ],
    ["nothing moves when a machine joins", "machines 1 2; units a@1 b@1 c@1", []],
  ]);
});

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

describe("Conflicts", () => {
  promises([
    ["a declared conflict keeps a unit away", "machines 1; units a@1 b!a", ["wait b"]],
    ["a conflict declared by the other does too", "machines 1; units a!b@1 b", ["wait b"]],
    ["a glob is a conflict", "machines 1 2; units web1@1 b!web*", ["assign b to 2"]],
    [
      "a unit does not conflict with itself",
      "machines 1 2; units c1!c* c2!c* c3!c*",
      ["assign c1 to 1", "assign c2 to 2", "wait c3"],
    ],
    [
      "of two placed units the first by name stays",
      "machines 1 2; units a@1 b!a@1",
      [
        `unassign b from 1: ${UNABLE("1", "found conflict with locally-scheduled Unit([a.service])")}`,
        "assign b to 2",
      ],
    ],
    [
      "of two placed units the one whose file changed yields",
      "machines 1 2; units a!b@1' b@1",
      [
        `unassign a from 1: ${UNABLE("1", "found conflict with locally-scheduled Unit([b.service])")}`,
        "assign a to 2",
      ],
    ],
    [
      "a unit that ends makes room in the same pass",
      "machines 1; units a!b@1:inactive b",
      ["unassign a from 1: target state inactive", "assign b to 1"],
    ],
    [
      "a unit pushed out by one that leaves as well does not move",
      "machines 1 2; units a!z>p@1 p!b@1 b@1 z@1",
      [
        `unassign a from 1: ${UNABLE("1", "required peer Unit(p.service) is not scheduled locally")}`,
        "assign a to 2",
        `unassign p from 1: ${UNABLE("1", "found conflict with locally-scheduled Unit([b.service])")}`,
        "assign p to 2",
      ],
    ],
    [
      "a unit pushed out by one that then leaves goes back, as if nothing had been",
      "machines 1 2; units a!c>p@1 b@1 c@1 p!b@1",
      [
        `unassign a from 1: ${UNABLE("1", "required peer Unit(p.service) is not scheduled locally")}`,
        "assign a to 2",
        `unassign p from 1: ${UNABLE("1", "found conflict with locally-scheduled Unit([b.service])")}`,
        "assign p to 2",
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

describe("Replaces", () => {
  promises([
    [
      "the unit that declares it comes, the named one moves",
      "machines 1 2; units v@1 x@2 y@2 r~v",
      [
        "assign r to 1",
        `unassign v from 1: ${UNABLE("1", "found replace with locally-scheduled Unit(r.service)")}`,
        "assign v to 2",
      ],
    ],
    [
      "if no machine accepts the named one, the newcomer waits",
      "machines 1; units v@1 r~v",
      ["wait r"],
    ],
    ["or goes to another machine", "machines 1 2; units v=1@1 x@2 y@2 r~v", ["assign r to 2"]],
    [
      "the named one moves under all its rules",
      "machines 1 2 3[d=s]; units v[d=s]@3 x@1 y@2 z@1 w@2 r~v",
      ["assign r to 1"],
    ],
    ["the named one does not come to where the other is", "machines 1; units r~v@1 v", ["wait v"]],
    [
      "both placed on one machine: the named one moves",
      "machines 1 2; units v@1 r~v@1",
      [
        `unassign v from 1: ${UNABLE("1", "found replace with locally-scheduled Unit(r.service)")}`,
        "assign v to 2",
      ],
    ],
    [
      "both on one machine and the named one cannot move: the other leaves",
      "machines 1 2; units v=1@1 r~v@1",
      [
        `unassign r from 1: ${UNABLE("1", "found replace with locally-scheduled Unit(v.service), which no other Machine is able to run")}`,
        "assign r to 2",
      ],
    ],
    [
      "what follows the named one moves with it",
      "machines 1 2; units v@1 f>v@1 x@2 y@2 z@2 r~v",
      [
        `unassign f from 1: ${UNABLE("1", "found replace with locally-scheduled Unit(r.service)")}`,
        "assign f to 2",
        "assign r to 1",
        `unassign v from 1: ${UNABLE("1", "found replace with locally-scheduled Unit(r.service)")}`,
        "assign v to 2",
      ],
    ],
    [
      "the named one stays if what follows it cannot move with it",
      "machines 1 2; units v@1 f>v!x@1 x@2 y@2 z@2 r~v=1",
      ["wait r"],
    ],
    [
      "what moves displaces nothing in turn",
      "machines 1 2; units v~w@1 w@2 x@2 y@2 r~v",
      ["assign r to 2"],
    ],
    ["a global unit does not move", "machines 1; units g^@1 r~g", ["wait r"]],
    [
      "of a circular pair the one placed first stays, the other waits",
      "machines 1 2; units a~b b~a@2",
      ["wait a"],
    ],
    [
      "of a new circular pair the first by name is placed",
      "machines 1 2; units a~b b~a",
      ["assign a to 1", "wait b"],
    ],
    [
      "of a placed circular pair the first by name stays",
      "machines 1 2; units a~b@1 b~a@2",
      [
        `unassign b from 2: ${UNABLE("2", "found circular replace with scheduled Unit(a.service)")}`,
        "wait b",
      ],
    ],
    [
      "nothing is given up for a circular partner that leaves as well",
      "machines 4; units a~g@1 c@4 g~a!c@4",
      [
        `unassign g from 4: ${UNABLE("4", "found conflict with locally-scheduled Unit([c.service])")}`,
        "unassign a from 1: target Machine(1) went away",
        "assign a to 4",
        "wait g",
      ],
    ],
    [
      "a pattern that matches its own unit means others",
      "machines 1; units r1~r*",
      ["assign r1 to 1"],
    ],
    [
      "a peer is not displaced by its follower's follower",
      "machines 1 2; units a>b~c=1 b>c@1 c@1",
      ["wait a"],
    ],
  ]);
});

describe("machines that go", () => {
  promises([
    [
      "a lost machine's unit moves in the same pass",
      "machines 2; units a@1",
      ["unassign a from 1: target Machine(1) went away", "assign a to 2"],
    ],
    ["while no machine is present nothing is unassigned", "units a@1 g^@1", ["wait a"]],
    [
      "units elsewhere stay",
      "machines 2; units a@1 b@2 c@2",
      ["unassign a from 1: target Machine(1) went away", "assign a to 2"],
    ],
    ["what cannot run elsewhere keeps its entry", "machines 2; units a@1!b b@2", ["wait a"]],
    [
      "stopped while its machine is away",
      "machines 2; units a@1:inactive",
      ["unassign a from 1: target state inactive"],
    ],
    [
      "a machine whose record cannot be read keeps its units",
      "machines 1? 2; units a@1 g^@1@2",
      [],
    ],
    ["and gets no others", "machines 1?; units a", ["wait a"]],
  ]);
});

describe("units that change", () => {
  promises([
    [
      "a new version is written where the unit is",
      "machines 1 2; units a@1' b@1",
      ["update a on 1"],
    ],
    [
      "unless the machine refuses it",
      "machines 1 2; units a=2@1'",
      [
        `unassign a from 1: ${UNABLE("1", 'agent ID "1" does not match required "2"')}`,
        "assign a to 2",
      ],
    ],
    [
      "also on a machine that is away, when no other accepts it",
      "units a@1'",
      ["update a on 1", "wait a"],
    ],
    [
      "a global unit gets it everywhere",
      "machines 1 2; units g^@1'@2'",
      ["update g on 1", "update g on 2"],
    ],
    [
      "a destroyed unit leaves",
      "machines 1; units a@1:destroyed",
      ["unassign a from 1: unit destroyed"],
    ],
    [
      "a unit placed twice keeps one place",
      "machines 1 2; units a@2@1",
      ["unassign a from 2: unit also scheduled to Machine(1)"],
    ],
    ["a unit whose record cannot be read stays", "machines 1; units a@1:broken b!a", ["wait b"]],
    [
      "a unit whose entry cannot be read is left alone",
      "machines 1 2; units a=2@1? b!a",
      ["assign b to 2"],
    ],
  ]);
});
