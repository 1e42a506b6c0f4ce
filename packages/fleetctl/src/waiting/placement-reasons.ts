import { requirementsOf } from "@fleet/core";

import type { ApiMachine, ApiUnit, ApiWaiting } from "../client/fleet-api.ts";
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
  readonly #present: SparseAnswers<readonly ApiMachine[]>;

  constructor(context: Pick<Context, "client" | "signal">) {
    const { client, signal } = context;
    this.#answers = new SparseAnswers(context, (name) => client().waiting(name, signal));
    this.#held = new SparseAnswers(context, () => client().heldMoves(signal));
    this.#present = new SparseAnswers(context, () => client().machines(signal));
  }

  /** The reason at `atMs` of the monotonic clock, for one that was seen without a machine then. */
  async of(name: string, atMs: number): Promise<string> {
    const held = await this.#held.of(CLUSTER, atMs);
    return unplacedText(await this.#answers.of(name, atMs), held);
  }

  /** The same for one whose machine may have gone: undefined where that is there as far as anybody says. */
  async ofPlaced(unit: ApiUnit, atMs: number): Promise<string | undefined> {
    const held = await this.#held.of(CLUSTER, atMs);
    const absence = absenceText(unit, held, await this.#present.of(CLUSTER, atMs));
    // One whose machine is there takes no place from those that wait for one.
    if (absence === undefined) return undefined;
    return awayText(absence, await this.#answers.of(unit.name, atMs), held);
  }

  /** The reason of one that has no machine now. */
  async now(name: string): Promise<string> {
    const [waiting, held] = await this.#askNow(name);
    return unplacedText(waiting, held);
  }

  /** The reason now of one whose machine may have gone, as {@link ofPlaced} has it. */
  async nowOfPlaced(unit: ApiUnit): Promise<string | undefined> {
    const [waiting, held] = await this.#askNow(unit.name);
    const absence = absenceText(unit, held, await this.#present.now(CLUSTER));
    return absence && awayText(absence, waiting, held);
  }

  /** The reason now of a global unit that waits; undefined where nobody says that it does. */
  async nowOfGlobal(name: string): Promise<string | undefined> {
    const [waiting, held] = await this.#askNow(name);
    return waiting && unplacedText(waiting, held);
  }

  #askNow(name: string) {
    return Promise.all([this.#answers.now(name), this.#held.now(CLUSTER)]);
  }
}

function unplacedText(waiting: ApiWaiting | undefined, held: readonly string[] = []): string {
  const text = explanationOf(waiting);
  return held.length === 0 ? text : `${text}; ${heldText(held)}`;
}

/** What is known of a unit's machine alone, when that has gone; undefined where it is there as far as anybody says. */
function absenceText(
  { name, file, machine }: ApiUnit,
  held: readonly string[] | undefined,
  present: readonly ApiMachine[] | undefined,
): string | undefined {
  if (held?.includes(machine) === true) return heldText(held);
  if (present === undefined || present.some(({ id }) => id === machine)) return undefined;
  const moveAfter = requirementsOf(name, file).moveAfterMs;
  const limit = moveAfter === undefined ? "" : " for as long as its MoveAfter= says";
  return `the unit waits for its return${limit}`;
}

/** Why it cannot move says more than that its machine has gone. */
function awayText(
  absence: string,
  waiting: ApiWaiting | undefined,
  held: readonly string[] | undefined,
): string {
  return waiting === undefined ? absence : unplacedText(waiting, held);
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
