import type { TargetState } from "@fleet/core";

import type { ApiReport, ApiUnit } from "../client/fleet-api.ts";
import { type Context, warn } from "../context.ts";
import type { Goal, Sighting, Verdict, WaitFailure } from "./goal.ts";
import { StateGoal } from "./state-goal.ts";

/** What systemd says of a unit that has ended. */
const AT_REST: ReadonlySet<string> = new Set(["inactive", "failed"]);

export interface Lowered {
  readonly target: Extract<TargetState, "loaded" | "inactive">;
  /** Where each unit was. */
  readonly machines: ReadonlyMap<string, string>;
}

/**
 * Until units are stopped, or off their machines, and have ended there: a unit is off its machine as soon as that has been
 * decided, and may take long to stop. One that somebody else unloads or destroys meanwhile has got there when it has ended.
 */
export class LoweredGoal implements Goal {
  readonly needsStates = false;
  readonly #context: Context;
  readonly #targetGoal: StateGoal;
  readonly #unloadedGoal: StateGoal;
  readonly #machines: ReadonlyMap<string, string>;

  constructor(context: Context, { target, machines }: Lowered) {
    this.#context = context;
    this.#targetGoal = new StateGoal(context, target);
    this.#unloadedGoal = new StateGoal(context, "inactive");
    this.#machines = machines;
  }

  async judge(sighting: Sighting): Promise<Verdict> {
    const { name, unit } = sighting;
    if (!isOff(unit)) return this.#targetGoal.judge(sighting);
    const report = await this.#reportOf(name);
    if (report !== undefined && !AT_REST.has(report.activeState)) {
      return { kind: "waiting", reason: await this.#textOf(report) };
    }
    if (unit !== undefined) return this.#unloadedGoal.judge(sighting);
    warn(this.#context, `Unit ${name} does not exist any more.`);
    return { kind: "reached" };
  }

  overdue(name: string): WaitFailure {
    return this.#targetGoal.overdue(name);
  }

  /** Undefined where nothing is known: the machine has gone, or the API is fleet 1.0.0's. */
  async #reportOf(name: string): Promise<ApiReport | undefined> {
    const { client, signal } = this.#context;
    const machine = this.#machines.get(name) ?? "";
    if (machine === "") return undefined;
    try {
      return await client().reportOn(machine, name, signal);
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  async #textOf({ activeState, subState, machine }: ApiReport): Promise<string> {
    const place = await this.#context.machines().legend(machine, "short");
    return `it is ${activeState} (${subState}) on ${place}`;
  }
}

/** Whether it is on no machine and is not to be. */
function isOff(unit: ApiUnit | undefined): boolean {
  if (unit === undefined) return true;
  return unit.targetState === "inactive" && unit.currentState === "inactive" && unit.machine === "";
}
