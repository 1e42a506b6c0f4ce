import { describe } from "vitest";
import { promises, UNABLE } from "../../testing/plan-rows.ts";

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
