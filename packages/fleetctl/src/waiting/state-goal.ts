import { isGlobal } from "@fleet/core";

import type { ApiUnit } from "../client/fleet-api.ts";
import { say, type Context } from "../context.ts";
import { type Goal, type Sighting, type Verdict, WaitFailure } from "./goal.ts";
import { PlacementReasons } from "./placement-reasons.ts";

/** Until the agent has taken a unit to `state`; prints a line for each that got there. */
export class StateGoal implements Goal {
  readonly needsStates = false;
  readonly #context: Context;
  readonly #state: string;
  readonly #placementReasons: PlacementReasons;

  constructor(context: Context, state: string) {
    this.#context = context;
    this.#placementReasons = new PlacementReasons(context);
    this.#state = state;
  }

  async judge({ name, unit, atMs }: Sighting): Promise<Verdict> {
    if (unit === undefined) return { kind: "waiting", reason: "it is not in the cluster" };
    // Nobody says of a global unit how far it got: then what is wished counts, as in fleet.
    const state = isGlobal(unit.file, name) ? unit.targetState : unit.currentState;
    if (state !== this.#state) return { kind: "waiting", reason: await this.#reason(unit, atMs) };
    const place = await this.#placeOf(unit);
    say(this.#context, `Unit ${name} ${unit.currentState}${place}`);
    return { kind: "reached" };
  }

  overdue(name: string): WaitFailure {
    const message = `timed out waiting for unit ${name} to report state ${this.#state}`;
    return new WaitFailure("agent", message);
  }

  async #reason(unit: ApiUnit, atMs: number): Promise<string> {
    if (unit.machine === "") return this.#placementReasons.of(unit.name, atMs);
    const machine = await this.#context.machines().legend(unit.machine, "short");
    // Its machine is yet to take up what is to be loaded there.
    const state = unit.currentState === "inactive" ? "loading" : unit.currentState;
    return `it is ${state} on ${machine}`;
  }

  /** Nothing unless the machine is known. */
  async #placeOf(unit: ApiUnit): Promise<string> {
    if (unit.machine === "") return "";
    const directory = this.#context.machines();
    if (!(await directory.known()).has(unit.machine)) return "";
    return ` on ${await directory.legend(unit.machine, "short")}`;
  }
}
