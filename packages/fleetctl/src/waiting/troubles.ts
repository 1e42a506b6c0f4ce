import type { ApiReport, ApiUnit } from "../client/fleet-api.ts";
import type { Context } from "../context.ts";
import { endOf, problemIn } from "./report-words.ts";
import { ASK_AGAIN_AFTER_MS, SparseAnswers } from "./sparse-answers.ts";

/** A problem from before this command is reported until the machine acts: it counts when a second report has it. */
const REPORTED_AGAIN_MS = ASK_AGAIN_AFTER_MS;
/** The machine tries again after 1, 2 and 4 seconds: what three of these do not mend is for a person. */
export const RETRIED_MS_MAX = 10_000;

/** What is in a unit's way on its machine, and whether there is no more use in waiting. */
export interface Trouble {
  readonly text: string;
  readonly isFinal: boolean;
  /** Whether the machine tries again by itself. */
  readonly isRetried: boolean;
}

/** Follows what machines report of units that are waited for. */
export class Troubles {
  readonly #answers: SparseAnswers<readonly ApiReport[]>;
  readonly #sinceMs = new Map<string, number>();

  constructor(context: Pick<Context, "client" | "signal">) {
    const { client, signal } = context;
    this.#answers = new SparseAnswers(context, (name) => client().reports(name, signal));
  }

  /** What is in the unit's way at `atMs` of the monotonic clock; undefined while nothing is known to be. */
  async of({ name, machine }: ApiUnit, atMs: number): Promise<Trouble | undefined> {
    const report = reportOf(machine, await this.#answers.of(name, atMs));
    const problem = report && problemIn(report);
    if (problem === undefined) {
      this.#sinceMs.delete(name);
      return undefined;
    }
    const sinceMs = this.#sinceMs.get(name) ?? atMs;
    this.#sinceMs.set(name, sinceMs);
    const limitMs = problem.isRetried ? RETRIED_MS_MAX : REPORTED_AGAIN_MS;
    return { ...problem, isFinal: atMs - sinceMs >= limitMs };
  }

  /** `: REASON` for a unit that has come to its end on a machine; "" when that one does not say. */
  async endOf(name: string, machine: string): Promise<string> {
    const report = reportOf(machine, await this.#answers.now(name));
    const end = report === undefined ? "" : endOf(report);
    return end === "" ? "" : `: ${end}`;
  }
}

function reportOf(
  machine: string,
  reports: readonly ApiReport[] | undefined,
): ApiReport | undefined {
  return reports?.find((report) => report.machine === machine);
}
