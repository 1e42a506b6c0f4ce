import type { Context } from "../context.ts";
import type { Goal, Sighting, Verdict, WaitFailure } from "./goal.ts";
import { StateGoal } from "./state-goal.ts";

/** Until the cluster has units that were created. One that somebody raises at once is there, too: nothing is told of it. */
export class CreatedGoal implements Goal {
  readonly needsStates = false;
  readonly #stateGoal: StateGoal;

  constructor(context: Context) {
    this.#stateGoal = new StateGoal(context, "inactive");
  }

  async judge(sighting: Sighting): Promise<Verdict> {
    const { targetState = "inactive" } = sighting.unit ?? {};
    if (targetState !== "inactive") return { kind: "reached" };
    return this.#stateGoal.judge(sighting);
  }

  overdue(name: string): WaitFailure {
    return this.#stateGoal.overdue(name);
  }
}
