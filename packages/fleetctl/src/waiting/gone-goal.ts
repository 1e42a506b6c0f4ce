import { type Goal, type Sighting, type Verdict, WaitFailure } from "./goal.ts";

/** Until the cluster knows a unit no more. */
export class GoneGoal implements Goal {
  readonly needsStates = false;

  async judge({ unit }: Sighting): Promise<Verdict> {
    if (unit === undefined) return { kind: "reached" };
    return { kind: "waiting", reason: "it is still in the cluster" };
  }

  overdue(name: string): WaitFailure {
    const message = `timed out waiting for unit ${name} to be destroyed`;
    return new WaitFailure(message, { overdue: "agent" });
  }
}
