import { rm } from "node:fs/promises";

import { type Agent, createAgent } from "@fleet/agent";
import {
  type Clock,
  type Logger,
  type MachineId,
  parseUnitFile,
  silentLogger,
  type UnitName,
} from "@fleet/core";
import { type EngineWrite, type Leadership, openRegistry, type Registry } from "@fleet/registry";
import { MemoryEtcd, MemoryStore } from "@fleet/registry/memory";
import { openSystemdUnitManager, type SystemdUnitManager } from "@fleet/systemd/dbus";
import { type fileOf, realClock, until } from "@fleet/systemd/testing";

const MACHINE = "a".repeat(32) as MachineId;
const TTL_MS = 30_000;
const DIRECTORY = "/run/fleet-agent";
const PREFIX = "/fleet/";

type File = ReturnType<typeof fileOf>;

/** A whole agent on this machine's systemd; only the store is in memory. */
export class AgentBench implements AsyncDisposable {
  readonly directory = DIRECTORY;
  /** Messages logged at info or above, oldest first. */
  readonly logged: string[] = [];
  readonly #etcd = new MemoryEtcd(realClock);
  readonly #forever = new AbortController();
  readonly #registry = this.#openRegistry();
  #leadership: Leadership | undefined;
  #daemon: Daemon | undefined;
  readonly #clock: Clock;

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Opens a bench whose daemon runs by this clock, on an empty directory unless `prepare` puts something
   * there.
   */
  static async open(
    prepare = async (_directory: string): Promise<void> => {},
    clock: Clock = realClock,
  ): Promise<AgentBench> {
    await rm(DIRECTORY, { recursive: true, force: true });
    await prepare(DIRECTORY);
    const bench = new AgentBench(clock);
    await bench.start();
    return bench;
  }

  /** Puts units on the machine's work list, in another version where they are there already. */
  async wish(targetState: "loaded" | "launched", ...files: readonly File[]): Promise<void> {
    const { signal } = this.#forever;
    const writes: EngineWrite[] = [];
    for (const { unit, hash, text } of files) {
      const file = parseUnitFile(text);
      const known = await this.#registry.unit(unit, signal);
      await this.#registry.putUnit({ name: unit, file, targetState }, known?.revision ?? 0, signal);
      writes.push({ kind: "assign", machine: MACHINE, entry: { unit, hash, targetState } });
    }
    await this.#commit(writes);
  }

  /** Takes units off the work list. */
  async unwish(...units: readonly UnitName[]): Promise<void> {
    await this.#commit(units.map((unit) => ({ kind: "unassign", machine: MACHINE, unit })));
  }

  /** What is published of each unit, as it is stored. */
  states(): ReadonlyMap<string, PublishedState> {
    const below = `${PREFIX}states/${MACHINE}/`;
    const { items } = this.#etcd.range({ start: below, end: `${below}~` });
    return new Map(
      items.map(({ key, value }) => [key.slice(below.length), JSON.parse(value) as PublishedState]),
    );
  }

  /** Waits until what is published of `unit` reads so, e.g. `active/running launched`, `gone`. */
  async untilState(unit: UnitName, words: string): Promise<PublishedState | undefined> {
    const probe = (): boolean => inWords(this.states().get(unit)) === words;
    await until(`${unit} is ${words}`, probe).catch((cause: unknown) => {
      const state = this.states().get(unit);
      throw new Error(`${unit} is not ${words}: ${JSON.stringify(state)}`, { cause });
    });
    return this.states().get(unit);
  }

  /** Starts a daemon, as systemd does. */
  async start(): Promise<void> {
    const units = await openSystemdUnitManager({
      directory: DIRECTORY,
      owner: "agent bench",
      companions: [],
      clock: realClock,
      log: this.#logger(),
    });
    const registry = this.#openRegistry();
    const agent = createAgent({
      registry,
      units,
      clock: this.#clock,
      log: this.#logger(),
      machine: () => ({
        id: MACHINE,
        publicIp: "10.0.0.1",
        hostname: "inside",
        metadata: new Map(),
        version: "2.0.0",
        engineDisabled: false,
      }),
      instance: "one",
      ttlMs: TTL_MS,
      leaseMemory: { heldUntilMs: undefined, note: () => {} },
    });
    const stop = new AbortController();
    this.#daemon = { agent, registry, units, stop, running: agent.run(stop.signal) };
    await until("the agent is available", () => agent.available);
  }

  /** Ends the daemon as a restart does: what runs goes on. */
  async stop(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    daemon?.stop.abort();
    await daemon?.running;
    await daemon?.registry.close();
    await daemon?.units.close();
  }

  /** What `systemctl stop fleet` does: units and machine leave the cluster. */
  async leave(): Promise<void> {
    await this.#daemon?.agent.leave(this.#forever.signal);
  }

  /** Leaves the machine as it was. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
    await this.stop();
    this.#forever.abort();
    await this.#registry.close();
    await rm(DIRECTORY, { recursive: true });
  }

  async #commit(writes: readonly EngineWrite[]): Promise<void> {
    const { signal } = this.#forever;
    const engine = { machine: "engine" as MachineId, ttlMs: TTL_MS, onLeader: () => {} };
    this.#leadership ??= await this.#registry.campaign(engine, signal);
    await this.#leadership.commit(writes, signal);
  }

  #openRegistry(): Registry {
    const store = new MemoryStore(realClock, this.#etcd);
    return openRegistry(store, { prefix: PREFIX, clock: realClock, log: silentLogger });
  }

  #logger(): Logger {
    const keep = (_: object, message: string): void => void this.logged.push(message);
    return { debug: () => {}, info: keep, warn: keep, error: keep };
  }
}

interface Daemon {
  readonly agent: Agent;
  readonly registry: Registry;
  readonly units: SystemdUnitManager;
  readonly stop: AbortController;
  readonly running: Promise<void>;
}

/** What is stored of a unit's state. */
export interface PublishedState {
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
  readonly unitHash: string;
  readonly currentState: string;
  readonly error?: string;
  readonly since?: number;
  readonly result?: string;
  readonly exitStatus?: number;
  readonly exitSignal?: number;
  readonly restarts?: number;
}

function inWords(state: PublishedState | undefined): string {
  if (state === undefined) return "gone";
  return `${state.activeState}/${state.subState} ${state.currentState}`;
}
