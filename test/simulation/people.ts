import { type Clock, parseUnitFile, type TargetState, unitHash } from "@fleet/core";
import type { Revision } from "@fleet/registry";
import type { MemoryEtcd } from "@fleet/registry/memory";
import type { SeededRandom } from "@fleet/rig";

import { askApi, verdictOf } from "./ask-api.ts";
import { type AskedChange, AskedChanges } from "./asked-changes.ts";
import type { KeyHistory, Value } from "./key-history.ts";
import { listingsOf } from "./listings.ts";
import { readListing } from "./read-listing.ts";
import { SAMPLE_UNITS, sampleUnit } from "./sample-units.ts";
import type { SimulatedMachine } from "./simulated-machine.ts";
import { wishIn } from "./wish.ts";

const never = new AbortController().signal;
const PAUSE_MS_MAX = 1_000;
const ATTEMPTS_MAX = 3;

export interface PeopleOptions {
  readonly clock: Clock;
  readonly etcd: MemoryEtcd;
  readonly history: KeyHistory;
  readonly random: SeededRandom;
  readonly machines: readonly SimulatedMachine[];
  readonly note: (what: string) => void;
  readonly broken: (what: string) => void;
}

interface Change {
  readonly key: string;
  readonly asksFor: (value: Value) => boolean;
  /** A method and a path below the API's root. */
  readonly line: string;
  readonly body?: unknown;
}

/** Whoever asks machines for something. They hold every answer to what etcd itself knows. */
export class People {
  readonly #options: PeopleOptions;
  readonly #asked: AskedChanges;

  constructor(options: PeopleOptions) {
    const { etcd, history, broken } = options;
    this.#options = options;
    this.#asked = new AskedChanges(etcd, history, broken);
  }

  /** What only people change has changed. */
  changed(key: string, revision: Revision): void {
    this.#asked.changed(key, revision);
  }

  /** Somebody stores a unit, perhaps in place of an older version, and says what it is to be. */
  async submit(name: string, targetState: TargetState, version: number): Promise<void> {
    const text = `[Service]\nExecStart=/bin/true ${version}\n[X-Fleet]\n${sampleUnit(name).lines}\n`;
    const options = parseUnitFile(text);
    const hash = unitHash(options);
    await this.#change(`submit ${name} v${version} ${targetState}`, {
      key: `units/${name}`,
      asksFor: (value) => {
        const wish = wishIn(value);
        return wish?.hash === hash && wish.targetState === targetState;
      },
      line: `PUT units/${name}`,
      body: { desiredState: targetState, options },
    });
  }

  /** Somebody says what a unit is to be, whatever its file says. */
  async order(name: string, targetState: TargetState): Promise<void> {
    await this.#change(`${targetState} ${name}`, {
      key: `units/${name}`,
      asksFor: (value) => wishIn(value)?.targetState === targetState,
      line: `PUT units/${name}`,
      body: { desiredState: targetState },
    });
  }

  async destroy(name: string): Promise<void> {
    await this.#change(`destroy ${name}`, {
      key: `units/${name}`,
      asksFor: (value) => value === undefined,
      line: `DELETE units/${name}`,
    });
  }

  /** Somebody gives a machine's metadata another value, or hides it (""). */
  async describe({ id }: SimulatedMachine, key: string, text: string): Promise<void> {
    const op = text === "" ? "remove" : "replace";
    await this.#change(`${id} has ${key}=${text}`, {
      key: `machines/${id}/metadata/${key}`,
      asksFor: (value) => value === text,
      line: "PATCH machines",
      body: [{ op, path: `/${id}/metadata/${key}`, value: { value: text } }],
    });
  }

  /** Somebody lists something; `false`: there was no answer to that. */
  async look(machine: SimulatedMachine): Promise<boolean> {
    const { random } = this.#options;
    const { name } = random.pick(SAMPLE_UNITS);
    return readListing(random.pick(listingsOf(name)), machine, this.#options);
  }

  /** Asks one machine after the other until one says that it is done, as often as anybody would. */
  async #change(what: string, change: Change): Promise<void> {
    const { random, machines, clock } = this.#options;
    const attempts = random.between(1, ATTEMPTS_MAX);
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      if (await this.#try(what, change, random.pick(machines))) return;
      await clock.sleep(random.between(0, PAUSE_MS_MAX), never);
    }
  }

  /** Whether there is a yes or a no. */
  async #try(what: string, change: Change, machine: SimulatedMachine): Promise<boolean> {
    const { line, body } = change;
    const { note, broken } = this.#options;
    note(`${what}: asked of ${machine.id}`);
    const asked: AskedChange = this.#asked.ask({ what: `${what} (${machine.id})`, ...change });
    const outcome = await askApi(machine, this.#options, line, body);
    const said = typeof outcome === "string" ? outcome : outcome.status;
    note(`${what}: ${machine.id} says ${said}`);
    switch (verdictOf(outcome)) {
      case "done":
        this.#asked.acknowledged(asked);
        return true;
      case "no such unit":
        this.#asked.foundNothing(asked);
        return true;
      case "not now":
        this.#asked.refused(asked);
        return false;
      case "wrong":
        broken(`${asked.what} is refused with ${JSON.stringify(outcome)}`);
        return true;
      case "failed":
        this.#asked.failed(asked);
        return false;
      case "unknown":
        return false;
    }
  }
}
