import type { LogFields, Logger, TargetState } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import type { Revision, Store } from "@fleet/registry";
import { MemoryEtcd } from "@fleet/registry/memory";
import { SeededRandom } from "@fleet/rig";
import type { JournalEntry } from "@fleet/systemd/memory";

import { Copies } from "./copies.ts";
import { KeyHistory } from "./key-history.ts";
import { People } from "./people.ts";
import { sampleUnit } from "./sample-units.ts";
import { type Entry, ScheduleHistory } from "./schedule-history.ts";
import type { ApiPool } from "./served-api.ts";
import { PREFIX, SimulatedMachine } from "./simulated-machine.ts";
import { type Wish, wishIn } from "./wish.ts";

const never = new AbortController().signal;
const CHECK_EVERY_MS = 500;
const LOG_LINES_MAX = 120;

/** What a simulation is made of besides its seed. */
export interface SimulationParts {
  readonly apis: ApiPool;
  /** Puts a fault of the program's own between it and etcd; absent: it is as it is. */
  readonly plant?: (store: Store) => Store;
}

/** A promise that was broken, with what led to it. The seed replays it exactly. */
export class BrokenPromise extends Error {}

/**
 * A cluster in one process: several machines with the very engine, agent and API of fleetd on the twins
 * of etcd and systemd, under one clock. Everything that happens follows from the seed.
 */
export class Simulation {
  readonly clock = new ManualClock();
  readonly etcd = new MemoryEtcd(this.clock);
  readonly random: SeededRandom;
  readonly machines: readonly SimulatedMachine[];
  readonly history: ScheduleHistory;
  readonly keys: KeyHistory;
  readonly people: People;
  /** When etcd last took a wish of somebody's. */
  wishedAtMs = 0;
  readonly #seed: number;
  readonly #apis: ApiPool;
  readonly #log: string[] = [];
  readonly #read = new Map<SimulatedMachine, number>();
  /** The version that was started last, by machine and unit. */
  readonly #running = new Map<string, string | undefined>();
  readonly #copies: Copies;
  #compacted = 0;
  #broken: string | undefined;

  constructor(seed: number, { apis, plant }: SimulationParts) {
    this.#seed = seed;
    this.#apis = apis;
    this.random = new SeededRandom(seed);
    this.history = new ScheduleHistory(
      this.etcd,
      () => this.clock.monotonicMs(),
      (unit, machines) => {
        if (machines.size < 2 || sampleUnit(unit).global) return;
        this.#break(`${unit} is scheduled to ${[...machines].join(" and ")}`);
      },
    );
    this.#copies = new Copies(this.history);
    this.keys = new KeyHistory(this.etcd, (key, revision) => this.#changed(key, revision));
    const count = this.random.between(3, 5);
    this.machines = Array.from({ length: count }, (_, n) => {
      const metadata = n < 2 ? { disk: "ssd" } : {};
      return new SimulatedMachine(`m${n}`, metadata, {
        clock: this.clock,
        etcd: this.etcd,
        random: this.random,
        log: (machine) => this.#logger(machine),
        apis,
        ...(plant === undefined ? {} : { plant }),
        broken: (error) => this.#break(`a part ended: ${String(error)}`),
      });
    });
    this.people = new People({
      clock: this.clock,
      etcd: this.etcd,
      history: this.keys,
      random: this.random,
      machines: this.machines,
      note: (what) => this.note(what),
      broken: (what) => this.#break(what),
    });
  }

  note(what: string): void {
    this.#log.push(`${(this.clock.monotonicMs() / 1_000).toFixed(3)} ${what}`);
    if (this.#log.length > LOG_LINES_MAX) this.#log.shift();
  }

  /** What people do goes on beside all else. */
  begin(work: (people: People) => Promise<unknown>): void {
    work(this.people).catch((error: unknown) => this.#break(`a person ended: ${String(error)}`));
  }

  later(inMs: number, work: (people: People) => Promise<unknown>): void {
    this.begin(async (people) => {
      await this.clock.sleep(inMs, never);
      await work(people);
    });
  }

  /** What is wished of a unit, as etcd has it; undefined: destroyed or never there. */
  wish(name: string): Wish | undefined {
    return wishIn(this.keys.now(`units/${name}`));
  }

  targetStateOf(name: string): TargetState {
    return this.wish(name)?.targetState ?? "inactive";
  }

  /** What placement sees of a machine. */
  metadataOf({ id, metadata }: SimulatedMachine): ReadonlyMap<string, string> {
    const folder = `machines/${id}/metadata/`;
    const said = this.keys.under(folder).flatMap((key) => {
      const value = this.keys.now(key);
      return value === undefined ? [] : [[key.slice(folder.length), value] as const];
    });
    const all = new Map([...metadata, ...said]);
    return new Map([...all].filter(([, value]) => value !== ""));
  }

  /** The machine that leads, as etcd knows it. */
  leader(): SimulatedMachine | undefined {
    const { items } = this.etcd.range({ start: `${PREFIX}lease/engine-leader` });
    const { MachineID } = JSON.parse(items[0]?.value ?? "{}") as { MachineID?: string };
    return this.machines.find(({ id }) => id === MachineID);
  }

  /** What is on the work lists of these machines, as one text. */
  placementsOn(machines: readonly SimulatedMachine[]): string {
    return JSON.stringify(machines.map(({ id }) => [id, ...this.history.listOf(id)]));
  }

  /** etcd forgets its past. */
  compact(): void {
    const { revision } = this.etcd;
    if (revision === this.#compacted) return;
    this.note("compact");
    this.etcd.compact(revision);
    this.#compacted = revision;
  }

  /** Lets time pass, and holds everybody to what must be true at every moment. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= CHECK_EVERY_MS) {
      await this.clock.advance(Math.min(left, CHECK_EVERY_MS));
      this.#checkJournals();
      if (this.#broken !== undefined) throw this.brokenPromise(this.#broken);
    }
  }

  brokenPromise(what: string): BrokenPromise {
    return new BrokenPromise(`seed ${this.#seed}: ${what}\n${this.#log.join("\n")}`);
  }

  /** Ends everything, so that the next simulation begins with nothing of this one. */
  async end(): Promise<void> {
    for (const machine of this.machines) machine.killDaemon();
    await this.clock.advance(60_000);
    this.#apis.takeBack();
  }

  /** Of what people ask for, etcd alone knows when it counts. */
  #changed(key: string, revision: Revision): void {
    const [folder, unit = "", metadata] = key.split("/");
    if (folder === "machines" && metadata === "object") {
      this.#copies.isPresent(unit, this.keys.now(key) !== undefined, this.clock.monotonicMs());
    }
    if (folder !== "units" && (folder !== "machines" || metadata !== "metadata")) return;
    this.people.changed(key, revision);
    this.wishedAtMs = this.clock.monotonicMs();
    if (folder !== "units") return;
    const isToRun = this.targetStateOf(unit) === "launched";
    this.#copies.wished(unit, this.wishedAtMs, isToRun);
  }

  #checkJournals(): void {
    const acts = this.machines.flatMap((machine) => {
      const { journal } = machine.systemd;
      const news = journal.slice(this.#read.get(machine) ?? 0);
      this.#read.set(machine, journal.length);
      return news.map((entry) => ({ machine, entry }));
    });
    for (const { machine, entry } of acts.toSorted((a, b) => a.entry.atMs - b.entry.atMs)) {
      this.#checkAct(machine, entry);
      const broken = this.#copies.take(machine, entry);
      if (broken !== undefined) this.#break(broken);
    }
  }

  /** Nothing is started or stopped but for what the machine's work list says or said a moment ago. */
  #checkAct(machine: SimulatedMachine, { atMs, unit, kind }: JournalEntry): void {
    const { id } = machine;
    const said = this.history.since(id, unit, machine.readSinceMs(atMs));
    const isWanted = (entry: Entry | undefined): boolean => entry?.targetState === "launched";
    const isToStart = (entry: Entry | undefined): boolean =>
      isWanted(entry) && entry?.leaving !== true && entry?.arriving === undefined;
    const key = `${id}/${unit}`;
    if (kind === "start") {
      if (!said.some(isToStart)) this.#break(`${id} starts ${unit} unasked`);
      this.#running.set(key, machine.versionOf(unit));
    } else if (kind === "stop") {
      const isToRun = (entry: Entry | undefined): boolean =>
        isWanted(entry) && entry?.hash === this.#running.get(key);
      if (said.every(isToRun) && !sampleUnit(unit).once)
        this.#break(`${id} stops ${unit}, which is to run there`);
    }
  }

  #break(what: string): void {
    this.note(`BROKEN: ${what}`);
    this.#broken ??= what;
  }

  #logger(machine: string): Logger {
    const keep = (fields: LogFields, message: string): void => {
      const { reason = "", err } = fields as { reason?: string; err?: Error };
      this.note(`${machine}: ${message} ${reason} ${err?.message ?? ""}`);
    };
    return { debug: () => {}, info: keep, warn: keep, error: keep };
  }
}
