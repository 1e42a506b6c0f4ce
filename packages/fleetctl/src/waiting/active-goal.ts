import type { ApiUnitState } from "../client/fleet-api.ts";
import type { Context } from "../context.ts";
import { type Goal, type Sighting, type Verdict, WaitFailure } from "./goal.ts";
import { OUTCOME_WORDS, StartProgress } from "./start-progress.ts";
import { StateGoal } from "./state-goal.ts";

const MS_PER_SECOND = 1000;

/**
 * Until systemd has made a unit active, or a oneshot has finished well; a unit that fails ends the
 * wait. Prints the line of a launched unit as soon as its agent has started it.
 */
export class ActiveGoal implements Goal {
  readonly needsStates = true;
  readonly #context: Context;
  readonly #launchGoal: StateGoal;
  readonly #launched = new Set<string>();
  readonly #progress = new Map<string, StartProgress>();

  constructor(context: Context) {
    this.#context = context;
    this.#launchGoal = new StateGoal(context, "launched");
  }

  async judge(sighting: Sighting): Promise<Verdict> {
    const { name, unit, states, atMs } = sighting;
    const state = states.find(({ machine }) => machine === unit?.machine);
    const progress = this.#progressOf(name);
    progress.observe(state, atMs);
    if (!this.#launched.has(name)) {
      const verdict = await this.#launchGoal.judge(sighting);
      // Its agent may well wait for systemd, which then says more.
      if (verdict.kind === "waiting" && state?.activeState === "activating") {
        return { kind: "waiting", reason: await this.#stateOf(state) };
      }
      if (verdict.kind !== "reached") return verdict;
      this.#launched.add(name);
      progress.restartClock(atMs);
    }
    if (unit === undefined || state === undefined) {
      return { kind: "waiting", reason: "its machine says nothing of it yet" };
    }
    const outcome = progress.outcome(state, unit.file, atMs);
    if (outcome === "well") return { kind: "reached", news: await this.#stateOf(state) };
    if (outcome === "under way") return { kind: "waiting", reason: await this.#stateOf(state) };
    const place = await this.#context.machines().legend(state.machine, "short");
    const message = `unit ${name} ${OUTCOME_WORDS[outcome]} on ${place}`;
    const failure = new WaitFailure("systemd", message, { unit: name, machine: state.machine });
    return { kind: "failed", failure };
  }

  overdue(name: string, limitMs: number): WaitFailure {
    if (!this.#launched.has(name)) return this.#launchGoal.overdue(name);
    const span = `${limitMs / MS_PER_SECOND}s`;
    const message = `Failed to find an active unit ${name} within ${span}, err: Failed to fetch states within ${span}`;
    return new WaitFailure("systemd", message);
  }

  async #stateOf({ activeState, subState, loadState, machine }: ApiUnitState): Promise<string> {
    const place = await this.#context.machines().legend(machine, "short");
    const problem = loadState === "loaded" ? "" : `, load state ${loadState}`;
    return `it is ${activeState} (${subState}) on ${place}${problem}`;
  }

  #progressOf(name: string): StartProgress {
    const known = this.#progress.get(name);
    if (known !== undefined) return known;
    const progress = new StartProgress();
    this.#progress.set(name, progress);
    return progress;
  }
}
