import type { ApiWaiting } from "../client/fleet-api.ts";
import type { Context } from "../context.ts";
import { SparseAnswers } from "./sparse-answers.ts";

const UNEXPLAINED = "no machine has been chosen for it yet";

/** Why units that wait for a machine get none. */
export class PlacementReasons {
  readonly #answers: SparseAnswers<ApiWaiting>;

  constructor(context: Pick<Context, "client" | "signal">) {
    const { client, signal } = context;
    this.#answers = new SparseAnswers(context, (name) => client().waiting(name, signal));
  }

  /** The reason at `atMs` of the monotonic clock, for one that was seen without a machine then. */
  async of(name: string, atMs: number): Promise<string> {
    return explanationOf(await this.#answers.of(name, atMs));
  }

  /** The same for one whose machine may have gone: undefined where nobody says that it waits for another. */
  async ofPlaced(name: string, atMs: number): Promise<string | undefined> {
    const waiting = await this.#answers.of(name, atMs);
    return waiting && explanationOf(waiting);
  }

  /** The reason of one that has no machine now. */
  async now(name: string): Promise<string> {
    return explanationOf(await this.#answers.now(name));
  }

  /** The reason now of one whose machine may have gone, as {@link ofPlaced} has it. */
  async nowOfPlaced(name: string): Promise<string | undefined> {
    const waiting = await this.#answers.now(name);
    return waiting && explanationOf(waiting);
  }
}

function explanationOf(waiting: ApiWaiting | undefined): string {
  if (waiting === undefined) return UNEXPLAINED;
  const { machines, reasons } = waiting;
  if (machines === 0) return "no machine is present";
  const shares = reasons.map(({ reason, count }) => `${reason} (${count} of ${machines})`);
  return `no machine can take it: ${shares.join(", ")}`;
}
