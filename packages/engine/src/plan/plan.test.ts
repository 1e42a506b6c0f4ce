import { describe } from "vitest";
import { promises, UNABLE } from "../../testing/plan-rows.ts";

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
