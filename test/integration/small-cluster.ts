import { type Agent, createAgent } from "@fleet/agent";
import {
  type LogFields,
  type Logger,
  type MachineId,
  parseUnitFile,
  parseUnitName,
  type UnitName,
} from "@fleet/core";
import { createEngine } from "@fleet/engine";
import { openRegistry, type Registry, type Store } from "@fleet/registry";
import { until } from "@fleet/rig";
import { MemorySystemd, MemoryUnitManager } from "@fleet/systemd/memory";

import { realClock, untilTrue } from "./registry-under-test.ts";

export const PREFIX = "/fleet/";
export const MACHINE = "1".repeat(32) as MachineId;
const TTL_MS = 3_000;
const PAGE = { start: { kind: "first" }, limit: 10 } as const;
const { signal } = new AbortController();

/** One machine on a real etcd: an engine and an agent in this process, on a systemd in memory that outlives both. */
export class SmallCluster implements AsyncDisposable {
  readonly systemd = new MemorySystemd(realClock);
  /** Lines logged at warn or above by all daemons so far, fields included, oldest first. */
  readonly logged: string[] = [];
  /** A person's view of the cluster. */
  readonly registry: Registry;
  readonly #open: () => Store;
  readonly #log: Logger = {
    debug: () => {},
    info: () => {},
    warn: (fields, message) => this.#keep(fields, message),
    error: (fields, message) => this.#keep(fields, message),
  };
  #daemon: Daemon | undefined;
  #units = 0;

  /** `open` makes a connection to the cluster's etcd. */
  constructor(open: () => Store) {
    this.#open = open;
    this.registry = openRegistry(open(), { prefix: PREFIX, clock: realClock, log: this.#log });
  }

  get agent(): Agent | undefined {
    return this.#daemon?.agent;
  }

  /** Starts a daemon, and waits until it is in the cluster. */
  async start(): Promise<void> {
    const log = this.#log;
    const registry = openRegistry(this.#open(), { prefix: PREFIX, clock: realClock, log });
    const units = new MemoryUnitManager({ clock: realClock, systemd: this.systemd });
    const machine = {
      id: MACHINE,
      publicIp: "10.0.0.1",
      hostname: "one",
      metadata: new Map<string, string>(),
      version: "2.0.0",
      engineDisabled: false,
    };
    const agent = createAgent({
      registry,
      units,
      clock: realClock,
      log,
      machine: () => machine,
      instance: "the same",
      ttlMs: TTL_MS,
      leaseMemory: { heldUntilMs: undefined, note: () => {} },
    });
    const engine = createEngine({
      registry,
      clock: realClock,
      log,
      machine: MACHINE,
      leaseTtlMs: TTL_MS,
      auditIntervalMs: 60_000,
      moves: {
        agentTtlMs: TTL_MS,
        moveAfterMs: TTL_MS,
        massLossShare: 0.5,
        notBeforeMs: 0,
        movesPerSecond: 1_000,
      },
    });
    const stop = new AbortController();
    const running = Promise.all([agent.run(stop.signal), engine.run(stop.signal)]);
    this.#daemon = { agent, registry, stop, running };
    await untilTrue("the machine is in the cluster", () => agent.available && engine.leading);
  }

  /** Ends the daemon as a restart does: what runs goes on. */
  async stop(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    daemon?.stop.abort();
    await daemon?.running;
    await daemon?.registry.close();
  }

  /** Wishes a unit as a person does, by the API of the daemon if it runs: over its connection to etcd. */
  async launch(name: string, text = `[Service]\nExecStart=/bin/${name}\n`): Promise<UnitName> {
    const unit = parseUnitName(name);
    const file = parseUnitFile(text);
    const registry = this.#daemon?.registry ?? this.registry;
    await registry.putUnit({ name: unit, file, targetState: "launched" }, 0, signal);
    return unit;
  }

  runs(unit: UnitName): boolean {
    return this.systemd.stateOf(unit).activeState === "active";
  }

  async untilRuns(...units: readonly UnitName[]): Promise<void> {
    await untilTrue(`${units.join()} run`, () => units.every((unit) => this.runs(unit)));
  }

  /** The machines that are present, as etcd says. */
  async present(): Promise<readonly MachineId[]> {
    const { items } = await this.registry.machinePage(PAGE, signal);
    return items.map(({ id }) => id);
  }

  /** Waits until etcd says this of a unit. */
  async untilPublished(unit: UnitName, activeState: string): Promise<void> {
    await until(`${unit} is published as ${activeState}`, async () => {
      const { items } = await this.registry.statePage(PAGE, { unit }, signal);
      const saw = items[0]?.activeState ?? "nothing";
      return saw === activeState ? { done: true, value: undefined } : { done: false, saw };
    });
  }

  /** Shows that everything that was written before has been taken in: a new unit has come to run. */
  async untilTakenIn(): Promise<void> {
    this.#units += 1;
    await this.untilRuns(await this.launch(`zz-last-${this.#units}.service`));
  }

  /** What happened to the processes of a unit, oldest first. */
  journalOf(unit: UnitName): readonly string[] {
    return this.systemd.journal.filter((entry) => entry.unit === unit).map(({ kind }) => kind);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.registry.close();
  }

  #keep(fields: LogFields, message: string): void {
    const { err } = fields as { err?: Error };
    this.logged.push(`${message} ${JSON.stringify({ ...fields, err: err?.message })}`);
  }
}

interface Daemon {
  readonly agent: Agent;
  readonly registry: Registry;
  readonly stop: AbortController;
  readonly running: Promise<unknown>;
}
