import {
  type LogFields,
  type Logger,
  parseUnitFile,
  parseUnitName,
  type TargetState,
  silentLogger,
  unitHash,
} from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { openRegistry, type Registry, type Store } from "@fleet/registry";
import { MemoryEtcd, MemoryStore } from "@fleet/registry/memory";
import { SeededRandom } from "@fleet/rig";
import type { JournalEntry } from "@fleet/systemd/memory";

import { Copies } from "./copies.ts";
import { SAMPLE_UNITS, sampleUnit } from "./sample-units.ts";
import { type Entry, ScheduleHistory } from "./schedule-history.ts";
import { PREFIX, SimulatedMachine } from "./simulated-machine.ts";

const never = new AbortController().signal;
const CHECK_EVERY_MS = 500;
const LOG_LINES_MAX = 120;

interface Wish {
  readonly hash: string;
  readonly targetState: TargetState;
}

/** A promise that was broken, with what led to it. The seed replays it exactly. */
export class BrokenPromise extends Error {}

/**
 * A cluster in one process: several machines with the very engine and agent of fleetd on the twins
 * of etcd and systemd, under one clock. Everything that happens follows from the seed.
 */
export class Simulation {
  readonly clock = new ManualClock();
  readonly etcd = new MemoryEtcd(this.clock);
  readonly random: SeededRandom;
  readonly machines: readonly SimulatedMachine[];
  readonly history: ScheduleHistory;
  /** What was asked for last, by unit; no entry: destroyed or never there. */
  readonly wishes = new Map<string, TargetState>();
  /** What the registry has accepted, by unit: it must be there ever after. */
  readonly #accepted = new Map<string, Wish>();
  readonly #seed: number;
  readonly #api: Registry;
  readonly #log: string[] = [];
  readonly #read = new Map<SimulatedMachine, number>();
  /** The version that was started last, by machine and unit. */
  readonly #running = new Map<string, string | undefined>();
  readonly #copies: Copies;
  #compacted = 0;
  #broken: string | undefined;

  constructor(seed: number, plant?: (store: Store) => Store) {
    this.#seed = seed;
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
    const store = new MemoryStore(this.clock, this.etcd);
    this.#api = openRegistry(store, { prefix: PREFIX, clock: this.clock, log: silentLogger });
    const count = this.random.between(3, 5);
    this.machines = Array.from({ length: count }, (_, n) => {
      const metadata = n < 2 ? { disk: "ssd" } : {};
      return new SimulatedMachine(`m${n}`, metadata, {
        clock: this.clock,
        etcd: this.etcd,
        random: this.random,
        log: (machine) => this.#logger(machine),
        ...(plant === undefined ? {} : { plant }),
        broken: (error) => this.#break(`a part ended: ${String(error)}`),
      });
    });
  }

  note(what: string): void {
    this.#log.push(`${(this.clock.monotonicMs() / 1_000).toFixed(3)} ${what}`);
    if (this.#log.length > LOG_LINES_MAX) this.#log.shift();
  }

  /** A person stores a unit (in place of an older version) and says what it is to be. */
  async submit(name: string, targetState: TargetState, version: number): Promise<void> {
    this.note(`submit ${name} v${version} ${targetState}`);
    const text = `[Service]\nExecStart=/bin/true ${version}\n[X-Fleet]\n${sampleUnit(name).lines}\n`;
    const unit = parseUnitName(name);
    const known = await this.#api.storedUnit(unit, never);
    const file = parseUnitFile(text);
    await this.#api.putUnit({ name: unit, file, targetState }, known?.revision ?? 0, never);
    this.wishes.set(name, targetState);
    this.#accepted.set(name, { hash: unitHash(file), targetState });
    this.#copies.wished(name, this.clock.monotonicMs(), targetState === "launched");
  }

  /** A person gives a machine's metadata another value, or hides it (""). */
  async describe(machine: SimulatedMachine, key: string, value: string): Promise<void> {
    this.note(`${machine.id} has ${key}=${value}`);
    await this.#api.setMetadata({ machine: machine.id, key, value }, never);
    machine.dynamicMetadata.set(key, value);
  }

  async destroy(name: string): Promise<void> {
    this.note(`destroy ${name}`);
    await this.#api.destroyUnit(parseUnitName(name), never);
    this.wishes.delete(name);
    this.#accepted.delete(name);
    this.#copies.wished(name, this.clock.monotonicMs(), false);
  }

  /** The machine that leads, as etcd knows it. */
  leader(): SimulatedMachine | undefined {
    const { items } = this.etcd.range({ start: `${PREFIX}lease/engine-leader` });
    const { MachineID } = JSON.parse(items[0]?.value ?? "{}") as { MachineID?: string };
    return this.machines.find(({ id }) => id === MachineID);
  }

  /** Units that etcd holds otherwise than was accepted. */
  lost(): readonly string[] {
    const folder = `${PREFIX}units/`;
    const { items } = this.etcd.range({ start: folder, end: `${folder}~` });
    const stored = new Map(items.map(({ key, value }) => [key.slice(folder.length), value]));
    return SAMPLE_UNITS.map(({ name }) => name).filter((name) => {
      const { hash, targetState } = JSON.parse(stored.get(name) ?? "{}") as Partial<Wish>;
      const accepted = this.#accepted.get(name);
      return hash !== accepted?.hash || targetState !== accepted?.targetState;
    });
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
    await this.#api.close();
    await this.clock.advance(60_000);
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
      this.#running.set(key, said.at(-1)?.hash);
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
