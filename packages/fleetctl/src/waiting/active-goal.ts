import type { ApiUnit, ApiUnitState } from "../client/fleet-api.ts";
import type { Context } from "../context.ts";
import { type Goal, type Overdue, type Sighting, type Verdict, WaitFailure } from "./goal.ts";
import { OUTCOME_WORDS, type StartOutcome, StartProgress } from "./start-progress.ts";
import { StateGoal } from "./state-goal.ts";
import { Troubles } from "./troubles.ts";

const MS_PER_SECOND = 1000;
const NONE: ReadonlySet<string> = new Set();

/** A unit that its agent has started, and how that went so far. */
interface Started {
  readonly unit: ApiUnit;
  readonly state: ApiUnitState;
  readonly outcome: StartOutcome;
  readonly atMs: number;
}

/**
 * Until systemd has made a unit active, or a oneshot has finished well; a unit that fails ends the
 * wait. Prints the line of a launched unit as soon as its agent has started it, unless it was launched
 * before.
 */
export class ActiveGoal implements Goal {
  readonly needsStates = true;
  readonly #context: Context;
  readonly #launchGoal: StateGoal;
  readonly #troubles: Troubles;
  readonly #wishedBefore: ReadonlySet<string>;
  readonly #launched = new Set<string>();
  readonly #progress = new Map<string, StartProgress>();

  /** `wishedBefore`: units that this command has not changed, because they were to be launched already. */
  constructor(context: Context, wishedBefore = NONE) {
    this.#context = context;
    this.#wishedBefore = wishedBefore;
    const troubles = new Troubles(context);
    this.#troubles = troubles;
    this.#launchGoal = new StateGoal(context, "launched", { raises: { troubles, wishedBefore } });
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
    return this.#judgeStarted({
      unit,
      state,
      outcome: progress.outcome(state, unit.file, atMs),
      atMs,
    });
  }

  overdue(name: string, { limitMs, reason }: Overdue): WaitFailure {
    if (!this.#launched.has(name)) return this.#launchGoal.overdue(name);
    const span = `${limitMs / MS_PER_SECOND}s`;
    const message = `Failed to find an active unit ${name} within ${span}, err: ${reason}`;
    return new WaitFailure(message, { overdue: "systemd" });
  }

  async #judgeStarted({ unit, state, outcome, atMs }: Started): Promise<Verdict> {
    if (outcome === "well") return { kind: "reached", news: await this.#stateOf(state) };
    const place = await this.#context.machines().legend(state.machine, "short");
    if (outcome !== "under way") {
      const end = await this.#troubles.endOf(unit.name, state.machine);
      return this.#failed(state, `${OUTCOME_WORDS[outcome]} on ${place}${end}`);
    }
    const trouble = await this.#troubles.of(unit, atMs);
    if (trouble?.isFinal === true) {
      return this.#failed(state, `is not active on ${place}: ${trouble.text}`);
    }
    const problem = trouble === undefined ? "" : `: ${trouble.text}`;
    return { kind: "waiting", reason: (await this.#stateOf(state)) + problem };
  }

  #failed({ unit, machine }: ApiUnitState, what: string): Verdict {
    const advice = this.#wishedBefore.has(unit)
      ? ` ("fleetctl restart ${unit}" starts it again)`
      : "";
    const failure = new WaitFailure(`unit ${unit} ${what}${advice}`, { log: { unit, machine } });
    return { kind: "failed", failure };
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
