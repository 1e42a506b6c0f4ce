import {
  type Clock,
  ConfigError,
  type LogFields,
  type Logger,
  type Machine,
  type MachineId,
  silentLogger,
  type UnitFile,
  unitHash,
  type UnitName,
} from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { openRegistry, type Leadership, type Registry } from "@fleet/registry";
import type { InstalledUnit } from "@fleet/systemd";
import { MemoryEtcd, MemoryStore } from "@fleet/registry/memory";
import { MemorySystemd, MemoryUnitManager } from "@fleet/systemd/memory";
import { type Agent, createAgent } from "../src/agent.ts";
import { fileOf, launched } from "./bench.ts";

const PREFIX = "/_coreos.com/fleet/";
const TTL_MS = 30_000;
const PAGE = { start: { kind: "first" }, limit: 1_000 } as const;

/** A cluster without machines of its own: one etcd, and somebody who writes work lists into it. */
export class TestCluster {
  readonly clock = new ManualClock();
  readonly etcd = new MemoryEtcd(this.clock);
  readonly #forever = new AbortController();
  readonly #registry = this.open(new MemoryStore(this.clock, this.etcd));
  #leadership: Leadership | undefined;

  get signal(): AbortSignal {
    return this.#forever.signal;
  }

  open(store: MemoryStore): Registry {
    return openRegistry(store, { prefix: PREFIX, clock: this.clock, log: silentLogger });
  }

  /** Puts a version of a unit on a machine's work list. */
  async assign(to: TestMachine, unit: UnitName, wish: Wish): Promise<void> {
    const { target = "launched", version = "v1" } = wish;
    const file = wish.file ?? fileOf(unit, version);
    const entry = { unit, hash: unitHash(file), targetState: target };
    const known = await this.#registry.unit(unit, this.signal);
    await this.#registry.putUnit(
      { name: unit, file, targetState: target },
      known?.revision ?? 0,
      this.signal,
    );
    await this.#commit({ kind: "assign", machine: to.id, entry });
  }

  /** Takes the unit off the machine as a move does: at first it stays, then it is stopped. */
  async leave(from: TestMachine, unit: UnitName, step: "keep" | "stop"): Promise<void> {
    const hash = unitHash(fileOf(unit));
    await this.#commit({ kind: "leave", leaving: { unit, machine: from.id, hash, step } });
  }

  /** Puts a unit that is stored on a machine where it is to start later. */
  async arrive(at: TestMachine, unit: UnitName, waitsFor: string): Promise<void> {
    const move = { kind: "arriving", waitsFor } as const;
    await this.#commit({ kind: "assign", machine: at.id, entry: { ...launched(unit), move } });
  }

  async unassign(from: TestMachine, unit: UnitName): Promise<void> {
    await this.#commit({ kind: "unassign", machine: from.id, unit });
  }

  async machines(): Promise<readonly Machine[]> {
    return (await this.#registry.machinePage(PAGE, this.signal)).items;
  }

  /** What is published of a machine's units, as it is stored: listings hide what is not wished any more. */
  async states(of: TestMachine): Promise<readonly PublishedState[]> {
    const below = `${PREFIX}states/${of.id}/`;
    const { items } = this.etcd.range({ start: below, end: `${below}~` });
    return items.map(({ key, value }) => {
      const state = JSON.parse(value) as Omit<PublishedState, "unit">;
      return { unit: key.slice(below.length), ...state };
    });
  }

  /** One line a state: `a.service active launched`, and its error where there is one. */
  async statesInWords(of: TestMachine): Promise<readonly string[]> {
    return (await this.states(of)).map(({ unit, activeState, currentState, error }) =>
      [unit, activeState, currentState, ...(error === undefined ? [] : [error])].join(" "),
    );
  }

  async close(): Promise<void> {
    this.#forever.abort();
    await this.#registry.close();
  }

  async #commit(write: Parameters<Leadership["commit"]>[0][number]): Promise<void> {
    this.#leadership ??= await this.#registry.campaign(
      { machine: "engine" as MachineId, ttlMs: TTL_MS, onLeader: () => {} },
      this.signal,
    );
    await this.#leadership.commit([write], this.signal);
  }
}

/** What is stored of a unit's state. */
export interface PublishedState {
  readonly unit: string;
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
  readonly currentState: string;
  readonly error?: string;
}

interface Wish {
  readonly target?: "loaded" | "launched";
  readonly version?: string;
  /** Instead of a version of the usual file. */
  readonly file?: UnitFile;
}

class SlowlyRead extends MemoryUnitManager {
  readonly #clock: Clock;
  readonly #readingMs: number;

  constructor(options: { clock: Clock; systemd: MemorySystemd; readingMs: number }) {
    super(options);
    this.#clock = options.clock;
    this.#readingMs = options.readingMs;
  }

  override async installed(signal: AbortSignal): Promise<readonly InstalledUnit[]> {
    if (this.#readingMs > 0) await this.#clock.sleep(this.#readingMs, signal);
    return super.installed(signal);
  }
}

/** One machine: a systemd that outlives the daemons which run on it one after the other. */
export class TestMachine {
  readonly id: MachineId;
  readonly systemd: MemorySystemd;
  /** Messages logged at info or above, oldest first. */
  readonly logged: string[] = [];
  /** What the API was told, oldest first. */
  readonly available: boolean[] = [];
  publicIp = "10.0.0.1";
  /** How long a daemon takes to read what is installed. */
  readingMs = 0;
  /** What /etc/machine-id says; undefined when it cannot be read. */
  idOnDisk: string | undefined;
  /** What a daemon noted of its lease for the next one. */
  readonly leaseMemory = {
    heldUntilMs: undefined as number | undefined,
    note(heldUntilMs: number) {
      this.heldUntilMs = heldUntilMs;
    },
  };
  readonly #cluster: TestCluster;
  readonly #instance: string;
  #daemon: Daemon | undefined;

  constructor(cluster: TestCluster, id: string, instance = `instance of ${id}`) {
    this.#cluster = cluster;
    this.id = id as MachineId;
    this.idOnDisk = id;
    this.#instance = instance;
    this.systemd = new MemorySystemd(cluster.clock);
  }

  get agent(): Agent {
    return this.#running().agent;
  }

  get store(): MemoryStore {
    return this.#running().store;
  }

  /** Starts a daemon. */
  start(): void {
    const { clock } = this.#cluster;
    const store = new MemoryStore(clock, this.#cluster.etcd);
    const registry = this.#cluster.open(store);
    const units = new SlowlyRead({ clock, systemd: this.systemd, readingMs: this.readingMs });
    const agent = createAgent({
      registry,
      units,
      clock,
      log: this.#logger(),
      machine: () => this.#describe(),
      instance: this.#instance,
      ttlMs: TTL_MS,
      leaseMemory: this.leaseMemory,
      observer: { onAvailable: (available) => void this.available.push(available) },
    });
    const stop = new AbortController();
    this.#daemon = { agent, store, registry, units, stop, running: agent.run(stop.signal) };
  }

  /** Resolves when the agent's run has ended. */
  async ended(): Promise<void> {
    await this.#running().running;
  }

  /** Aborts the agent's run and nothing else. */
  async abort(): Promise<void> {
    const daemon = this.#running();
    daemon.stop.abort();
    await daemon.running;
  }

  /** Ends the daemon as a restart, an upgrade or a crash does. */
  async stop(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    daemon?.stop.abort();
    await daemon?.running;
    await daemon?.registry.close();
    await daemon?.units.close();
  }

  /** Ends the daemon as `systemctl stop fleet` does. */
  async leave(): Promise<void> {
    await this.agent.leave(this.#cluster.signal);
    await this.stop();
  }

  /** What happened to processes, e.g. `start a.service`. */
  journal(): readonly string[] {
    return this.systemd.journal.map(({ kind, unit }) => `${kind} ${unit}`);
  }

  runs(unit: UnitName): boolean {
    return this.systemd.stateOf(unit).activeState === "active";
  }

  #running(): Daemon {
    if (this.#daemon === undefined) throw new Error("no daemon runs");
    return this.#daemon;
  }

  #describe(): Machine {
    const { idOnDisk, publicIp } = this;
    if (idOnDisk === undefined) throw new ConfigError(["/etc/machine-id: cannot be read"]);
    const id = idOnDisk as MachineId;
    const metadata = new Map([["role", "test"]]);
    return { id, publicIp, hostname: id, metadata, version: "2.0.0", engineDisabled: false };
  }

  #logger(): Logger {
    const keep = (_: LogFields, message: string): void => void this.logged.push(message);
    return { debug: () => {}, info: keep, warn: keep, error: keep };
  }
}

interface Daemon {
  readonly agent: Agent;
  readonly store: MemoryStore;
  readonly registry: Registry;
  readonly units: MemoryUnitManager;
  readonly stop: AbortController;
  readonly running: Promise<void>;
}
