import { expect, test } from "vitest";
import { everythingDirty } from "../src/model/marks.ts";
import { plan } from "../src/plan/plan.ts";
import { clusterOf, inWords } from "./scenario.ts";

/** The text of a cluster and its decisions is explained at `scenarioOf`. */
export type PlanRow = readonly [promise: string, before: string, decisions: readonly string[]];

/** One test a row: what is planned for the cluster. */
export function promises(rows: readonly PlanRow[]): void {
  test.for(rows)("%s", ([, before, decisions]) => {
    expect(plan(clusterOf(before), everythingDirty()).map(inWords)).toEqual(decisions);
  });
}

export const UNABLE = (machine: string, reason: string): string =>
  `target Machine(${machine}) unable to run unit: ${reason}`;
