import { join } from "node:path";

import {
  isGlobal,
  type MachineId,
  parseUnitFile,
  parseUnitName,
  silentLogger,
  type TargetState,
  type UnitFile,
  unitHash,
  type UnitName,
  type UnitState,
  type Waiting,
} from "@fleet/core";
import { systemClock } from "@fleet/core/system-clock";
import { ManualClock } from "@fleet/core/testing";
import { type ApiServer, createApiServer } from "@fleet/api/server";
import {
  type Leadership,
  openRegistry,
  type Presence,
  type Registry,
  type StoredUnit,
} from "@fleet/registry";
import { MemoryStore } from "@fleet/registry/memory";

import { type Ended, TestTerminal } from "./test-terminal.ts";

const LEASE_TTL_MS = 600_000;

/** What systemd says, e.g. `active running`; "" for nothing yet, "nowhere" for a unit that is not placed. */
export type Scene = string;

/** What becomes of a unit when it is to be `target`: its scenes, one after the other, each for {@link SCENE_MS}. */
export type Actor = (target: "loaded" | "launched") => Iterable<Scene>;

const GOOD: Actor = (target) => (target === "launched" ? ["active running"] : ["inactive dead"]);

/**
 * fleet's API on a unix socket over a registry in memory, with an engine and agents that a test
 * directs: each unit does what its actor says. Waits of fleetctl's take no time: after each look the cluster does its
 * part, then the time moves for both.
 */
export class TestCluster implements AsyncDisposable {
  readonly terminal: TestTerminal;
  readonly registry: Registry;
  readonly endpoint: string;
  readonly #server: ApiServer;
  readonly #time = new ManualClock();
  readonly #ended = new AbortController();
  readonly #presences = new Map<MachineId, Presence>();
  readonly #actors = new Map<string, Actor>();
  readonly #facts = new Map<string, Partial<UnitState>>();
  readonly #endsAfterMs = new Map<string, number>();
  readonly #global = new Set<string>();
  #leadership: Leadership | undefined;
  #isAvailable = true;
  #work: Promise<void> = Promise.resolve();
  /** Changes that have not been acted on to the end. */
  #pending = 0;

  private constructor(terminal: TestTerminal) {
    this.terminal = terminal;
    const time = this.#time;
    terminal.clock = {
      nowMs: () => systemClock.nowMs(),
      monotonicMs: () => time.monotonicMs(),
      sleep: async (ms, signal) => {
        await this.settled();
        if (!signal.aborted) await time.advance(ms);
      },
    };
    const clock = systemClock;
    const log = silentLogger;
    const registry = openRegistry(new MemoryStore(clock), { prefix: "/fleet/", clock, log });
    this.registry = registry;
    this.endpoint = `unix://${join(terminal.directory, "fleet.sock")}`;
    this.#server = createApiServer({
      registry,
      tokenLimit: 100,
      version: "2.0.0",
      log,
      clock,
      available: () => this.#isAvailable,
    });
  }

  static async open(): Promise<TestCluster> {
    const cluster = new TestCluster(await TestTerminal.open());
    await cluster.#server.listen({ path: join(cluster.terminal.directory, "fleet.sock") });
    await cluster.#direct();
    return cluster;
  }

  /** Runs fleetctl against this cluster. */
  run(...argv: readonly string[]): Promise<Ended> {
    return this.terminal.run([`--endpoint=${this.endpoint}`, ...argv]);
  }

  /** A machine becomes present. */
  async join(id: string, publicIp = "", metadata: Record<string, string> = {}): Promise<void> {
    const machine = {
      id: id as MachineId,
      publicIp,
      hostname: "",
      metadata: new Map(Object.entries(metadata)),
      version: "2.0.0",
      engineDisabled: false,
    };
    const announcement = { machine, instance: id, ttlMs: LEASE_TTL_MS };
    this.#presences.set(machine.id, await this.registry.announce(announcement, this.#ended.signal));
  }

  /** A machine leaves; what was placed on it stays placed. */
  async leave(id: string): Promise<void> {
    await this.#presences.get(id as MachineId)?.leave(this.#ended.signal);
    this.#presences.delete(id as MachineId);
  }

  /** What a unit does from now on; without an actor a unit does all that it is told. */
  cast(name: string, actor: Actor): void {
    this.#actors.set(name, actor);
  }

  /** From now on a unit that is taken off its machine ends there only so much later. */
  endAfter(name: string, ms: number): void {
    this.#endsAfterMs.set(name, ms);
  }

  /** What machines report of a unit besides its scenes, from its next change on. */
  adorn(name: string, facts: Partial<UnitState>): void {
    this.#facts.set(name, facts);
  }

  /** The engine holds the units of machines that it lost together. */
  async holdMoves(ids: readonly string[]): Promise<void> {
    const write = { kind: "hold-moves", machines: ids as readonly MachineId[] } as const;
    await this.#leadership?.commit([write], this.#ended.signal);
  }

  /** The engine tells why a unit runs nowhere. */
  async explainWait(unit: string, waiting: Waiting): Promise<void> {
    const write = { kind: "explain-wait", unit: parseUnitName(unit), waiting } as const;
    await this.#leadership?.commit([write], this.#ended.signal);
  }

  /** Stores a unit and waits until its actor has played. */
  async put(name: string, targetState: TargetState, text = "[Service]\n"): Promise<void> {
    const file = parseUnitFile(text);
    const unit = { name: parseUnitName(name), file, targetState };
    await this.registry.putUnit(unit, 0, this.#ended.signal);
    await this.settled();
  }

  /** Waits until every change so far has been acted on, as far as that takes no time. */
  async settled(): Promise<void> {
    do await this.#time.settle();
    while (this.#pending > 0 && this.#time.sleepers === 0);
  }

  /** From now on every request is refused: etcd is away. */
  failFromNowOn(): void {
    this.#isAvailable = false;
  }

  /** From now on requests are answered again. */
  recover(): void {
    this.#isAvailable = true;
  }

  /** From now on nobody listens at the endpoint. */
  async stopListening(): Promise<void> {
    await this.#server.close(0);
  }

  /** What is wished of a unit; undefined when there is none. */
  async targetOf(name: string): Promise<TargetState | undefined> {
    const unit = await this.registry.unit(parseUnitName(name), this.#ended.signal);
    return unit?.targetState;
  }

  async fileOf(name: string): Promise<UnitFile | undefined> {
    return (await this.registry.unit(parseUnitName(name), this.#ended.signal))?.file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#server.close(0);
    await this.registry.close();
    await this.terminal[Symbol.asyncDispose]();
  }

  /** Watches what is wished, and acts on it in order. */
  async #direct(): Promise<void> {
    const leader = "engine" as MachineId;
    const { signal } = this.#ended;
    const campaign = { machine: leader, ttlMs: LEASE_TTL_MS, onLeader: () => {} };
    const leadership = await this.registry.campaign(campaign, signal);
    this.#leadership = leadership;
    const placing =
      (unit: UnitName): Place =>
      async (machine, entry) => {
        const write =
          entry === undefined
            ? ({ kind: "unassign", machine, unit } as const)
            : ({ kind: "assign", machine, entry } as const);
        await leadership.commit([write], signal);
      };
    const act = async (change: ClusterUnitChange, before: Promise<void>): Promise<void> => {
      this.#pending += 1;
      try {
        await before;
        if (!signal.aborted) await this.#act(change.name, change.unit, placing(change.name));
      } finally {
        this.#pending -= 1;
      }
    };
    const watching = new Promise<void>((resolve) => {
      const sink = {
        snapshot: () => resolve(),
        changes: (changes: readonly { kind: string }[]) => {
          for (const change of changes as readonly ClusterUnitChange[]) {
            if (change.kind !== "unit") continue;
            this.#work = act(change, this.#work);
            // A test that ends meanwhile cuts it off.
            this.#work.catch(() => {});
          }
        },
        live: () => {},
      };
      void this.registry.watchCluster(sink, signal).catch(() => {});
    });
    await watching;
  }

  async #act(name: UnitName, unit: StoredUnit | undefined, place: Place): Promise<void> {
    const file = unit && (await this.fileOf(name));
    if (file !== undefined && isGlobal(file, name)) this.#global.add(name);
    const machines = [...this.#presences.keys()].toSorted();
    for (const machine of this.#global.has(name) ? machines : machines.slice(0, 1)) {
      await this.#actOn(machine, { name, unit, file }, place);
    }
    if (unit === undefined) this.#global.delete(name);
  }

  async #actOn(
    machine: MachineId,
    {
      name,
      unit,
      file,
    }: { name: UnitName; unit: StoredUnit | undefined; file: UnitFile | undefined },
    place: Place,
  ): Promise<void> {
    const presence = this.#presences.get(machine);
    const publish = async (state: UnitState | undefined): Promise<void> =>
      presence?.publish(new Map([[name, state]]), this.#ended.signal);
    if (unit === undefined || file === undefined || unit.targetState === "inactive") {
      await place(machine, undefined);
      const endsAfterMs = this.#endsAfterMs.get(name);
      if (endsAfterMs !== undefined) {
        const activeState = "deactivating";
        const subState = "stop-sigterm";
        const facts = {
          hash: unitHash([]),
          loadState: "loaded",
          currentState: "launched",
        } as const;
        await publish({ unit: name, machine, activeState, subState, ...facts });
        await this.#time.sleep(endsAfterMs, this.#ended.signal);
      }
      return publish(undefined);
    }
    const { targetState } = unit;
    let isPlaced = false;
    for (const scene of (this.#actors.get(name) ?? GOOD)(targetState)) {
      if (scene === "nowhere") return;
      if (isPlaced) await this.#time.sleep(SCENE_MS, this.#ended.signal);
      else await place(machine, { unit: name, hash: unitHash(file), targetState });
      isPlaced = true;
      const [activeState = "", subState = ""] = scene.split(" ");
      if (scene === "") continue;
      await publish({
        unit: name,
        machine,
        hash: unitHash(file),
        loadState: "loaded",
        activeState,
        subState,
        currentState: targetState,
        ...this.#facts.get(name),
      });
    }
  }
}

/** Long enough to be seen by somebody who looks closely, in fleetctl's time. */
const SCENE_MS = 30;

type Place = (
  machine: MachineId,
  entry:
    | {
        readonly unit: UnitName;
        readonly hash: ReturnType<typeof unitHash>;
        readonly targetState: "loaded" | "launched";
      }
    | undefined,
) => Promise<void>;

interface ClusterUnitChange {
  readonly kind: "unit";
  readonly name: UnitName;
  readonly unit: StoredUnit | undefined;
}
