import type { TargetState } from "@fleet/core";

import type { ApiUnit } from "../client/fleet-api.ts";
import { type Goal, type Overdue, type Sighting, type Verdict, WaitFailure } from "./goal.ts";
import { SeenSince, STALE_MS_MAX } from "./seen-since.ts";

/** From the lowest to the highest. */
const LADDER: readonly string[] = ["inactive", "loaded", "launched"] satisfies TargetState[];

/** What a command has wished of its units: who stops one is content with less, who creates one with more. */
export interface Wish {
  readonly target: TargetState;
  readonly reach: "exactly" | "at-most" | "at-least";
}

/** A goal for as long as its units are wished to get there: what somebody else changes meanwhile ends the wait. */
export class KeptWish implements Goal {
  readonly #goal: Goal;
  readonly #wish: Wish;
  readonly #overruled = new SeenSince();

  constructor(goal: Goal, wish: Wish) {
    this.#goal = goal;
    this.#wish = wish;
  }

  get needsStates(): boolean {
    return this.#goal.needsStates;
  }

  async judge(sighting: Sighting): Promise<Verdict> {
    const { name, unit, atMs } = sighting;
    const change = changeOf(unit, this.#wish);
    if (change === undefined) {
      this.#overruled.forget(name);
      return this.#goal.judge(sighting);
    }
    if (this.#overruled.lastedMs(name, atMs) < STALE_MS_MAX) {
      return { kind: "waiting", reason: `it ${change}` };
    }
    return { kind: "failed", failure: new WaitFailure(`unit ${name} ${change}`) };
  }

  overdue(name: string, overdue: Overdue): WaitFailure {
    return this.#goal.overdue(name, overdue);
  }
}

export function isHigher(state: string, than: TargetState): boolean {
  return LADDER.indexOf(state) > LADDER.indexOf(than);
}

/** Completes "unit X …" where the wish cannot come true any more; undefined where it stands. */
function changeOf(unit: ApiUnit | undefined, { target, reach }: Wish): string | undefined {
  if (unit === undefined) return reach === "at-most" ? undefined : "does not exist any more";
  const { targetState } = unit;
  const suffices = isHigher(targetState, target) ? reach === "at-least" : reach === "at-most";
  if (suffices || targetState === target) return undefined;
  return `is to be ${targetState} now and no longer ${target}: somebody has changed that meanwhile`;
}
