import { isGlobal } from "@fleet/core";

import type { ApiUnit } from "../client/fleet-api.ts";
import { say, type Context } from "../context.ts";
import { type Goal, type Sighting, type Verdict, WaitFailure } from "./goal.ts";
import { PlacementReasons } from "./placement-reasons.ts";
import { Troubles } from "./troubles.ts";

export interface StateGoalOptions {
  /** For units that are to come up: what their machines cannot do ends the wait. */
  readonly raises?: {
    readonly troubles?: Troubles;
    /** Units for which the state is no news if they are in it from the first look on. */
    readonly wishedBefore: ReadonlySet<string>;
  };
}

/** Until the agent has taken a unit to `state`; prints a line for each that got there. */
export class StateGoal implements Goal {
  readonly needsStates = false;
  readonly #context: Context;
  readonly #state: string;
  readonly #placementReasons: PlacementReasons;
  readonly #troubles: Troubles;
  readonly #raises: boolean;
  readonly #noNews: Set<string>;

  constructor(context: Context, state: string, { raises }: StateGoalOptions = {}) {
    this.#context = context;
    this.#placementReasons = new PlacementReasons(context);
    this.#troubles = raises?.troubles ?? new Troubles(context);
    this.#state = state;
    this.#raises = raises !== undefined;
    this.#noNews = new Set(raises?.wishedBefore);
  }

  async judge({ name, unit, atMs }: Sighting): Promise<Verdict> {
    if (unit === undefined) return { kind: "waiting", reason: "it is not in the cluster" };
    // Nobody says of a global unit how far it got: then what is wished counts, as in fleet.
    const state = isGlobal(unit.file, name) ? unit.targetState : unit.currentState;
    if (state === this.#state) {
      if (!this.#noNews.has(name)) await this.#tell(unit);
      return { kind: "reached" };
    }
    this.#noNews.delete(name);
    if (unit.machine !== "") return this.#judgePlaced(unit, atMs);
    return { kind: "waiting", reason: await this.#placementReasons.of(name, atMs) };
  }

  overdue(name: string): WaitFailure {
    const message = `timed out waiting for unit ${name} to report state ${this.#state}`;
    return new WaitFailure(message, { overdue: "agent" });
  }

  async #judgePlaced(unit: ApiUnit, atMs: number): Promise<Verdict> {
    const place = await this.#context.machines().legend(unit.machine, "short");
    const away = await this.#placementReasons.ofPlaced(unit, atMs);
    if (away !== undefined) return { kind: "waiting", reason: `${place} is away, and ${away}` };
    const trouble = await this.#troubles.of(unit, atMs);
    if (trouble?.isFinal === true && this.#raises) {
      const message = `unit ${unit.name} is not ${this.#state} on ${place}: ${trouble.text}`;
      // Why systemd does not take a file is in its log, and nowhere else.
      const log = { unit: unit.name, machine: unit.machine };
      const failure = new WaitFailure(message, trouble.isRetried ? {} : { log });
      return { kind: "failed", failure };
    }
    // Its machine is yet to take up what is to be loaded there.
    const state = unit.currentState === "inactive" ? "loading" : unit.currentState;
    const problem = trouble === undefined ? "" : `: ${trouble.text}`;
    return { kind: "waiting", reason: `it is ${state} on ${place}${problem}` };
  }

  async #tell({ name, currentState, machine }: ApiUnit): Promise<void> {
    say(this.#context, `Unit ${name} ${currentState}${await this.#placeOf(machine)}`);
  }

  /** Nothing unless the machine is known. */
  async #placeOf(machine: string): Promise<string> {
    if (machine === "") return "";
    const directory = this.#context.machines();
    if (!(await directory.known()).has(machine)) return "";
    return ` on ${await directory.legend(machine, "short")}`;
  }
}
