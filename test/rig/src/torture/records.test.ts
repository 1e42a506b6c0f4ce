import { expect, test } from "vitest";

import { type Losses, type Sighting, wrongRecords } from "./records.ts";

/** Where `a` is, and what the witnesses of the two machines saw. */
const sighting = (homes: readonly string[], m1: readonly string[], m2: readonly string[] = []) =>
  ({
    homes: new Map([["a.service", new Set(homes)]]),
    seen: new Map([
      ["m1", m1],
      ["m2", m2],
    ]),
  }) satisfies Sighting;
const START = "a.service start";
const STOP = "a.service stop";
const before = sighting(["m1"], [START]);

test.for<[what: string, after: Sighting, losses: Losses]>([
  ["nothing happens", before, {}],
  ["it moves from a lost machine", sighting(["m2"], [START, STOP], [START]), { lost: "m1" }],
  ["it stays on a lost machine", before, { lost: "m1" }],
  ["it moves from a dead machine", sighting(["m2"], [], [START]), { booted: "m1" }],
  ["it starts again on a dead machine", before, { booted: "m1" }],
])("all is well when %s", ([, after, losses]) => {
  expect(wrongRecords(before, after, losses)).toEqual([]);
});

test.for<[what: string, after: Sighting, losses: Losses, wrong: readonly string[]]>([
  [
    "is restarted",
    sighting(["m1"], [START, STOP, START]),
    {},
    ["a.service on m1 saw stop,start, not nothing"],
  ],
  ["is stopped", sighting(["m1"], [START, STOP]), {}, ["a.service on m1 saw stop, not nothing"]],
  [
    "is taken from a healthy machine",
    sighting(["m2"], [START, STOP], [START]),
    { lost: "m2" },
    ["a.service was taken from m1"],
  ],
  [
    "still runs where it was moved from",
    sighting(["m2"], [START], [START]),
    { lost: "m1" },
    ["a.service on m1 saw nothing, not stop"],
  ],
  [
    "does not start where it was moved to",
    sighting(["m2"], []),
    { booted: "m1" },
    ["a.service on m2 saw nothing, not start"],
  ],
])("it is wrong when a unit %s", ([, after, losses, wrong]) => {
  expect(wrongRecords(before, after, losses)).toEqual(wrong);
});
