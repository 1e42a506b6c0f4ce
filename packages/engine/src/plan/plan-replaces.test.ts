import { describe } from "vitest";
import { promises, UNABLE } from "../../testing/plan-rows.ts";

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
