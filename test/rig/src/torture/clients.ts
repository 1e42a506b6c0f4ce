import { setTimeout as sleep } from "node:timers/promises";

import type { Cluster } from "../cluster.ts";
import { type DesiredState, deleteUnit, endpointOf, putUnit } from "../fleet-api.ts";
import type { Machine } from "../machine.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { Wish, Wishes } from "./wishes.ts";

const UNITS_EACH = 16;
const PAUSE_MS = { min: 50, max: 400 };
const STATES: readonly DesiredState[] = ["launched", "launched", "launched", "loaded", "inactive"];
const TEXT = "[Service]\nExecStart=/bin/sleep infinity\n";
const CONTRADICTION = `${TEXT}[X-Fleet]\nGlobal=true\nReplaces=a.service\n`;

/** What a request came to. */
type Answer = "acknowledged" | "refused" | "unanswered";

/** Somebody who submits, starts, stops and destroys units of their own, one after the other. */
export class Client {
  readonly #cluster: Cluster;
  readonly #wishes: Wishes;
  readonly #random: SeededRandom;
  readonly #units: readonly string[];
  readonly #log: string[] = [];
  #answers = 0;
  #wrong: readonly string[] = [];

  constructor(name: string, cluster: Cluster, wishes: Wishes, random: SeededRandom) {
    this.#cluster = cluster;
    this.#wishes = wishes;
    this.#random = random;
    this.#units = Array.from({ length: UNITS_EACH }, (_, index) => `${name}-${index}.service`);
  }

  /** A line for each request that changes something. */
  get log(): readonly string[] {
    return this.#log;
  }

  /** How many of its wishes were acknowledged. */
  get answers(): number {
    return this.#answers;
  }

  /** Answers that it should not have got. */
  get wrong(): readonly string[] {
    return this.#wrong;
  }

  /** Works until `signal` aborts; resolves when the last request is over. */
  async work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#step();
      await sleep(this.#random.between(PAUSE_MS.min, PAUSE_MS.max));
    }
  }

  async #step(): Promise<void> {
    const machine = this.#random.pick(this.#cluster.machines);
    const unit = this.#random.pick(this.#units);
    const kind = this.#random.next();
    const before = this.#wishes.of(unit);
    if (before === undefined) return; // until somebody has looked what became of it
    if (kind < 0.1) return this.#contradict(machine, unit);
    const wish = kind < 0.3 && before !== "absent" ? "absent" : this.#random.pick(STATES);
    const sentAt = new Date().toISOString();
    const answer =
      kind > 0.9 ? await this.#byHand(unit, wish) : await this.#ask(machine, unit, wish);
    this.#log.push(`${sentAt} ${unit} was ${before}, is to be ${wish}: ${answer}\n`);
    if (answer === "refused") return;
    if (answer === "unanswered") {
      return this.#wishes.unanswered(unit, wish, performance.now());
    }
    this.#answers += 1;
    this.#wishes.acknowledged(unit, wish);
  }

  /** Asks for what every machine refuses: it must leave nothing, and change nothing. */
  async #contradict(machine: Machine, unit: string): Promise<void> {
    const wish = { desiredState: "launched" as const, text: CONTRADICTION };
    const status = await statusOf(putUnit(endpointOf(machine.address), unit, wish));
    if (status !== undefined && status < 400) this.#note(`a contradiction in ${unit}: ${status}`);
  }

  async #ask(machine: Machine, unit: string, wish: Wish): Promise<Answer> {
    const endpoint = endpointOf(machine.address);
    const status = await statusOf(
      wish === "absent"
        ? deleteUnit(endpoint, unit)
        : putUnit(endpoint, unit, { desiredState: wish, text: TEXT }),
    );
    this.#log.push(`${new Date().toISOString()} ${machine.name} answers ${status}\n`);
    if (status === 503) return "refused";
    if (status === undefined || status >= 500) return "unanswered";
    if (status < 300) return "acknowledged";
    this.#note(`${machine.name} answered ${status} to the wish that ${unit} is ${wish}`);
    return "refused";
  }

  /** The same with fleetctl, which does not say whether a failure left something. */
  async #byHand(unit: string, wish: Wish): Promise<Answer> {
    const before = this.#wishes.of(unit);
    if (before === "absent" || wish === "inactive") return "refused"; // it would need a file
    const command = { absent: "destroy", launched: "start", loaded: "stop" }[wish];
    try {
      const { status } = await this.#cluster.runFleetctl([command, "--no-block", unit]);
      return status === 0 ? "acknowledged" : "unanswered";
    } catch {
      return "unanswered"; // no machine can be reached, or it took too long
    }
  }

  #note(what: string): void {
    this.#wrong = [...this.#wrong, what];
  }
}

/** undefined when there was no answer: nobody listens, the connection broke, or it took too long. */
async function statusOf(answer: Promise<number>): Promise<number | undefined> {
  return answer.catch(() => undefined);
}
