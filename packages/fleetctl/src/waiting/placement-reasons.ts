import type { ApiWaiting } from "../client/fleet-api.ts";
import type { Context } from "../context.ts";
import { counted } from "../counted.ts";
import { SparseAnswers } from "./sparse-answers.ts";

const UNEXPLAINED = "no machine has been chosen for it yet";
/** There is one answer for the whole cluster. */
const CLUSTER = "";

/** Why units that wait for a machine get none. */
export class PlacementReasons {
  readonly #answers: SparseAnswers<ApiWaiting>;
  /** The machines that were lost together, so that their units do not move. */
  readonly #held: SparseAnswers<readonly string[]>;

  constructor(context: Pick<Context, "client" | "signal">) {
    const { client, signal } = context;
    this.#answers = new SparseAnswers(context, (name) => client().waiting(name, signal));
    this.#held = new SparseAnswers(context, () => client().heldMoves(signal));
  }

  /** The reason at `atMs` of the monotonic clock, for one that was seen without a machine then. */
  async of(name: string, atMs: number): Promise<string> {
    const held = await this.#held.of(CLUSTER, atMs);
    return unplacedText(await this.#answers.of(name, atMs), held);
  }

  /** The same for one whose machine may have gone: undefined where nobody says that it waits for another. */
  async ofPlaced(name: string, machine: string, atMs: number): Promise<string | undefined> {
    const held = await this.#held.of(CLUSTER, atMs);
    return placedText(machine, await this.#answers.of(name, atMs), held);
  }

  /** The reason of one that has no machine now. */
  async now(name: string): Promise<string> {
    const [waiting, held] = await this.#askNow(name);
    return unplacedText(waiting, held);
  }

  /** The reason now of one whose machine may have gone, as {@link ofPlaced} has it. */
  async nowOfPlaced(name: string, machine: string): Promise<string | undefined> {
    const [waiting, held] = await this.#askNow(name);
    return placedText(machine, waiting, held);
  }

  #askNow(name: string) {
    return Promise.all([this.#answers.now(name), this.#held.now(CLUSTER)]);
  }
}

function unplacedText(waiting: ApiWaiting | undefined, held: readonly string[] = []): string {
  const text = explanationOf(waiting);
  return held.length === 0 ? text : `${text}; ${heldText(held)}`;
}

function placedText(
  machine: string,
  waiting: ApiWaiting | undefined,
  held: readonly string[] = [],
): string | undefined {
  if (waiting !== undefined) return unplacedText(waiting, held);
  return held.includes(machine) ? heldText(held) : undefined;
}

function heldText({ length }: readonly string[]): string {
  return `units of ${counted(length, "machine")}, lost together, do not move ("fleetctl cluster-health" tells of them, "fleetctl resume-moves" lets them)`;
}

function explanationOf(waiting: ApiWaiting | undefined): string {
  if (waiting === undefined) return UNEXPLAINED;
  const { machines, reasons } = waiting;
  if (machines === 0) return "no machine is present";
  const shares = reasons.map(({ reason, count }) => `${reason} (${count} of ${machines})`);
  return `no machine can take it: ${shares.join(", ")}`;
}
