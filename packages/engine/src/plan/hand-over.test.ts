import { expect, test } from "vitest";
import { clusterOf, inWords } from "../../testing/scenario.ts";
import { everythingDirty } from "../model/marks.ts";
import { handOver } from "./hand-over.ts";
import { plan } from "./plan.ts";

const UNFIT = (machine: string): string => `from ${machine}: target Machine(${machine})`;

test.for<[promise: string, before: string, decisions: readonly string[]]>([
  [
    "what moves stays until it runs elsewhere",
    "machines 1 2[d=s]; units a[d=s]@1",
    [`leave keep a ${UNFIT("1")}`, "assign a to 2"],
  ],
  [
    "what has nowhere to go leaves at once",
    "machines 1 2; units a[d=s]@1",
    [`unassign a ${UNFIT("1")}`, "wait a"],
  ],
  [
    "so does what is only loaded",
    "machines 1 2[d=s]; units a[d=s]:loaded@1",
    [`unassign a ${UNFIT("1")}`, "assign a to 2"],
  ],
  [
    "and a global unit, which moves nowhere",
    "machines 1 2[d=s]; units a^[d=s]@1@2",
    [`unassign a ${UNFIT("1")}`],
  ],
  [
    "what comes to where a leaving unit is in its way waits for it",
    "machines 1 2; units v@1 r~v=1",
    [
      "assign r to 1, waits for v.service to leave this machine",
      `leave keep v ${UNFIT("1")}`,
      "assign v to 2",
    ],
  ],
])("%s", ([, before, decisions]) => {
  const cluster = clusterOf(before);
  const handed = handOver(cluster, plan(cluster, everythingDirty()));
  const words = handed.map((decision) => {
    const [line = ""] = inWords(decision).split(" unable");
    const move = decision.kind === "assign" ? decision.entry.move : undefined;
    return move?.kind === "arriving" ? `${line}, waits for ${move.waitsFor}` : line;
  });
  expect(words).toEqual(decisions);
  expect(handOver(cluster, plan(cluster, everythingDirty()))).toEqual(handed);
});
