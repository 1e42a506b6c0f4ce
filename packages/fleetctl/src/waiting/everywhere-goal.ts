import type { UnitFile } from "@fleet/core";

import type { ApiUnitState } from "../client/fleet-api.ts";
import { say, type Context } from "../context.ts";
import { type Goal, type Sighting, type Verdict, WaitFailure } from "./goal.ts";
import { OUTCOME_WORDS, type StartOutcome, StartProgress } from "./start-progress.ts";
import { Troubles } from "./troubles.ts";

/** What systemd says of a unit that does not run: it was stopped or never started. */
const AT_REST: ReadonlySet<string> = new Set(["inactive", "failed"]);

export interface Everywhere {
  /** IDs of the machines that matter; one that leaves the cluster matters no more. */
  readonly machines: readonly string[];
  readonly state: "loaded" | "launched";
}

/** Until systemd has stopped or started a global unit on every machine; prints a line for each. */
export class EverywhereGoal implements Goal {
  readonly needsStates = true;
  readonly #context: Context;
  readonly #state: Everywhere["state"];
  readonly #troubles: Troubles;
  readonly #open: Map<string, StartProgress>;

  constructor(context: Context, { machines, state }: Everywhere) {
    this.#context = context;
    this.#state = state;
    this.#troubles = new Troubles(context);
    this.#open = new Map(machines.map((machine) => [machine, new StartProgress()]));
  }

  async judge({ name, unit, states, atMs }: Sighting): Promise<Verdict> {
    const byMachine = new Map(states.map((state) => [state.machine, state]));
    for (const [machine, progress] of this.#open) {
      const state = byMachine.get(machine);
      progress.observe(state, atMs);
      const outcome = state && this.#outcome(state, unit?.file ?? [], { progress, atMs });
      if (outcome === "under way") continue;
      if (outcome === "failed" || outcome === "ended") {
        return { kind: "failed", failure: await this.#failure(name, machine, outcome) };
      }
      this.#open.delete(machine);
      if (state !== undefined) await this.#tell(name, machine);
    }
    if (this.#open.size === 0) return { kind: "reached" };
    return {
      kind: "waiting",
      reason: `it is not ${this.#state} on ${this.#open.size} machines yet`,
    };
  }

  overdue(name: string): WaitFailure {
    const message = `timed out waiting for unit ${name} to report state ${this.#state}`;
    return new WaitFailure(message, { overdue: "agent" });
  }

  #outcome(
    state: ApiUnitState,
    file: UnitFile,
    { progress, atMs }: { readonly progress: StartProgress; readonly atMs: number },
  ): StartOutcome {
    if (this.#state === "launched") return progress.outcome(state, file, atMs);
    return AT_REST.has(state.activeState) ? "well" : "under way";
  }

  async #failure(unit: string, machine: string, outcome: "failed" | "ended"): Promise<WaitFailure> {
    const place = await this.#context.machines().legend(machine, "short");
    const end = await this.#troubles.endOf(unit, machine);
    const message = `unit ${unit} ${OUTCOME_WORDS[outcome]} on ${place}${end}`;
    return new WaitFailure(message, { log: { unit, machine } });
  }

  async #tell(name: string, machine: string): Promise<void> {
    const place = await this.#context.machines().legend(machine, "short");
    say(this.#context, `Unit ${name} ${this.#state} on ${place}`);
  }
}
