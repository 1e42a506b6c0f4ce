import { dropPlaces } from "../client/drop-places.ts";
import type { Context } from "../context.ts";
import { type Goal, type Sighting, type Verdict, WaitFailure } from "./goal.ts";
import { SeenSince, STALE_MS_MAX } from "./seen-since.ts";

/** Until the cluster knows a unit no more. One that stays was made anew, by a file or by somebody: that is a failure. */
export class GoneGoal implements Goal {
  readonly needsStates = false;
  readonly #context: Context;
  readonly #there = new SeenSince();
  readonly #gone = new Set<string>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Those that were seen to be gone. */
  get gone(): ReadonlySet<string> {
    return this.#gone;
  }

  async judge({ name, unit, atMs }: Sighting): Promise<Verdict> {
    if (unit === undefined) {
      this.#gone.add(name);
      return { kind: "reached" };
    }
    // What was destroyed is gone at once.
    if (this.#there.lastedMs(name, atMs) < STALE_MS_MAX) {
      return { kind: "waiting", reason: "it is still in the cluster" };
    }
    const message = `unit ${name} was destroyed and is there again: ${await this.#whoMade(name)}`;
    return { kind: "failed", failure: new WaitFailure(message) };
  }

  overdue(name: string): WaitFailure {
    const message = `timed out waiting for unit ${name} to be destroyed`;
    return new WaitFailure(message, { overdue: "agent" });
  }

  async #whoMade(name: string): Promise<string> {
    const place = (await dropPlaces(this.#context, [name])).get(name);
    if (place === undefined) return "somebody has submitted it anew";
    return `a file of its name is in the drop directory of ${place}. Remove that first`;
  }
}
