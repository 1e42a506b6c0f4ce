import { type Agent, createAgent } from "@fleet/agent";
import {
  type Logger,
  type Machine,
  type MachineId,
  parseUnitFile,
  unitHash,
  type UnitName,
} from "@fleet/core";
import type { ManualClock } from "@fleet/core/testing";
import { createEngine, type Engine } from "@fleet/engine";
import { openRegistry, type Registry, type Store } from "@fleet/registry";
import type { MemoryEtcd } from "@fleet/registry/memory";
import type { SeededRandom } from "@fleet/rig";
import { MemorySystemd } from "@fleet/systemd/memory";

import { FAIR, FaultyStore, type Weather } from "./faulty-store.ts";
import { PausableClock } from "./pausable-clock.ts";
import { PausableUnits } from "./pausable-units.ts";
import type { ApiConnection, ApiPool, ServedApi } from "./served-api.ts";
import { SAMPLE_UNITS } from "./sample-units.ts";

export const PREFIX = "/_coreos.com/fleet/";
export const AGENT_TTL_MS = 10_000;
/** How long systemd takes to start or stop a unit, at most. */
const JOB_MS_MAX = 3_000;
/** An agent acts on what it reads within this. */
const REACTION_MS = 5_000;
/** Shorter than agent_ttl, as it is in a cluster: another may lead before a machine counts as lost. */
const ENGINE_TTL_MS = 4_000;
const AUDIT_INTERVAL_MS = 60_000;

export interface Surroundings {
  readonly clock: ManualClock;
  readonly etcd: MemoryEtcd;
  readonly random: SeededRandom;
  readonly log: (machine: string) => Logger;
  readonly apis: ApiPool;
  /** Puts a fault of the program's own between it and etcd; absent: it is as it is. */
  readonly plant?: (store: Store) => Store;
  /** Says what must not happen: a part of a daemon that ended by itself. */
  readonly broken: (error: unknown) => void;
}

interface Daemon {
  readonly clock: PausableClock;
  readonly store: FaultyStore;
  readonly registry: Registry;
  readonly units: PausableUnits;
  readonly agent: Agent;
  readonly api: ServedApi;
  readonly stop: AbortController;
}

/** A machine of the simulation: a systemd, and the very engine, agent and API of a fleetd on it. */
export class SimulatedMachine {
  readonly id: MachineId;
  readonly systemd: MemorySystemd;
  readonly metadata: ReadonlyMap<string, string>;
  /** Units that fail, or have failed, to start on it. */
  readonly failing = new Set<string>();
  /** It is switched on. */
  isUp = true;
  readonly #surroundings: Surroundings;
  /** What a daemon knew of its lease, for the next one. */
  readonly #leaseMemory = {
    heldUntilMs: undefined as number | undefined,
    note(heldUntilMs: number) {
      this.heldUntilMs = heldUntilMs;
    },
  };
  #boots = 0;
  #pausedAtMs = 0;
  #wokeAtMs = Number.NEGATIVE_INFINITY;
  #daemon: Daemon | undefined;
  #weather = FAIR;
  #isCutOff = false;

  constructor(id: string, metadata: Readonly<Record<string, string>>, surroundings: Surroundings) {
    this.id = id as MachineId;
    this.metadata = new Map(Object.entries(metadata));
    this.#surroundings = surroundings;
    this.systemd = new MemorySystemd(surroundings.clock);
    this.#slowDown();
    this.startDaemon();
  }

  get isCutOff(): boolean {
    return this.#isCutOff;
  }

  get hasDaemon(): boolean {
    return this.#daemon !== undefined;
  }

  get isPaused(): boolean {
    return this.#daemon?.clock.isPaused === true;
  }

  startDaemon(): void {
    const { etcd, random, log, apis, plant = (store) => store, broken } = this.#surroundings;
    const clock = new PausableClock(this.#surroundings.clock);
    const store = new FaultyStore(this.#surroundings.clock, clock, etcd, random);
    const registry = openRegistry(plant(store), { prefix: PREFIX, clock, log: log(this.id) });
    const units = new PausableUnits(clock, this.systemd);
    const shared = { registry, clock, log: log(this.id) };
    const instance = `${this.id} boot ${this.#boots}`;
    const machine = (): Machine => this.#describe();
    const agent = createAgent({
      ...shared,
      units,
      machine,
      instance,
      ttlMs: AGENT_TTL_MS,
      leaseMemory: this.#leaseMemory,
      observer: { onAvailable: () => engine.movesChanged() },
    });
    const engine: Engine = createEngine({
      ...shared,
      machine: this.id,
      leaseTtlMs: ENGINE_TTL_MS,
      auditIntervalMs: AUDIT_INTERVAL_MS,
      moves: {
        agentTtlMs: AGENT_TTL_MS,
        moveAfterMs: AGENT_TTL_MS,
        massLossShare: 0.5,
        get notBeforeMs() {
          return (agent.steadySinceMs ?? Number.POSITIVE_INFINITY) + AGENT_TTL_MS;
        },
        movesPerSecond: 100,
      },
    });
    const api = apis.take({ registry, clock, available: () => agent.available });
    const stop = new AbortController();
    agent.run(stop.signal).catch(broken);
    engine.run(stop.signal).catch(broken);
    this.#daemon = { clock, store, registry, units, agent, api, stop };
    this.#apply();
  }

  /** The daemon is killed: it says nothing to anybody any more. */
  killDaemon(): void {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    daemon?.api.breakOff();
    daemon?.store.disconnect("killed");
    daemon?.stop.abort();
    void daemon?.registry.close();
    void daemon?.units.close();
    daemon?.clock.wake();
  }

  /** A connection to its API; undefined while nobody listens. */
  connect(): ApiConnection | undefined {
    return this.#daemon?.api.connect();
  }

  /** The daemon is stopped, and does not know it (SIGSTOP). */
  pauseDaemon(): void {
    if (this.isPaused) return;
    this.#daemon?.clock.pause();
    this.#pausedAtMs = this.#surroundings.clock.monotonicMs();
  }

  /** The daemon goes on where it was stopped (SIGCONT). */
  wakeDaemon(): void {
    if (!this.isPaused) return;
    this.#daemon?.clock.wake();
    this.#wokeAtMs = this.#surroundings.clock.monotonicMs();
  }

  /** Since when it may have read what it does now: when it wakes, it goes on with what it read before. */
  readSinceMs(nowMs: number): number {
    const sinceMs = nowMs - REACTION_MS;
    return sinceMs < this.#wokeAtMs ? Math.min(sinceMs, this.#pausedAtMs - REACTION_MS) : sinceMs;
  }

  /** All of it dies at once; nothing of it runs. */
  powerOff(): void {
    this.killDaemon();
    this.systemd.reboot();
    this.isUp = false;
  }

  powerOn(): void {
    this.isUp = true;
    this.#boots += 1;
    this.startDaemon();
  }

  cutOff(isCutOff: boolean): void {
    this.#isCutOff = isCutOff;
    this.#apply();
  }

  suffer(weather: Weather): void {
    this.#weather = weather;
    this.#apply();
  }

  /** The version of a unit that lies there, by the hash of its file. */
  versionOf(name: string): string | undefined {
    const text = this.systemd.files.get(name as UnitName);
    return text === undefined ? undefined : unitHash(parseUnitFile(text));
  }

  runs(unit: string): boolean {
    return this.systemd.stateOf(unit as never).activeState === "active";
  }

  /** From now on a unit starts on this machine, or fails to. One that has failed stays so until somebody starts it. */
  makeFail(unit: string, isFailing: boolean): void {
    const { startMs = 0, stopMs = 0 } = this.systemd.behaviourOf(unit);
    this.systemd.behave(unit, { startMs, stopMs, start: isFailing ? "fails" : "runs" });
    if (isFailing) this.failing.add(unit);
  }

  /** Whether a unit has failed here that was made to. */
  hasFailed(unit: string): boolean {
    const { activeState } = this.systemd.stateOf(unit as never);
    return this.failing.has(unit) && activeState === "failed";
  }

  /** Some units take their time on this machine, but for those that must have stopped when a lease ends. */
  #slowDown(): void {
    const { random } = this.#surroundings;
    for (const { name, once } of SAMPLE_UNITS) {
      if (!random.chance(0.3)) continue;
      const stopMs = once ? 0 : random.between(0, JOB_MS_MAX);
      this.systemd.behave(name, { startMs: random.between(0, JOB_MS_MAX), stopMs });
    }
  }

  #apply(): void {
    const store = this.#daemon?.store;
    if (store === undefined) return;
    store.weather = this.#weather;
    if (this.#isCutOff) store.disconnect("cut off");
    else store.reconnect();
  }

  #describe(): Machine {
    const { id, metadata } = this;
    return { id, publicIp: "", hostname: id, metadata, version: "2.0.0", engineDisabled: false };
  }
}
