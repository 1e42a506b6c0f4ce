import type { ApiReport } from "../client/fleet-api.ts";
import type { Context } from "../context.ts";
import type { Goal, Sighting, Verdict, WaitFailure } from "./goal.ts";
import { StateGoal } from "./state-goal.ts";

/** What systemd says of a unit that has ended. */
const AT_REST: ReadonlySet<string> = new Set(["inactive", "failed"]);

/**
 * Until units are off their machines and have ended there: a unit is off its machine as soon as that has been decided, and
 * may take long to stop.
 */
export class UnloadedGoal implements Goal {
  readonly needsStates = false;
  readonly #context: Context;
  readonly #stateGoal: StateGoal;
  readonly #machines: ReadonlyMap<string, string>;

  /** `machines`: where each unit was. */
  constructor(context: Context, machines: ReadonlyMap<string, string>) {
    this.#context = context;
    this.#stateGoal = new StateGoal(context, "inactive");
    this.#machines = machines;
  }

  async judge(sighting: Sighting): Promise<Verdict> {
    const { name, unit } = sighting;
    // One that is placed again is on its way to another end.
    if (unit?.currentState === "inactive" && unit.machine === "") {
      const report = await this.#reportOf(name);
      if (report !== undefined && !AT_REST.has(report.activeState)) {
        return { kind: "waiting", reason: await this.#textOf(report) };
      }
    }
    return this.#stateGoal.judge(sighting);
  }

  overdue(name: string): WaitFailure {
    return this.#stateGoal.overdue(name);
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
