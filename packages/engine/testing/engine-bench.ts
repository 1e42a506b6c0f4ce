import {
  parseUnitFile,
  parseUnitName,
  RegistryUnavailableError,
  silentLogger,
  unitHash,
  type LogFields,
  type Logger,
  type MachineId,
  type TargetState,
  type UnitFile,
  type UnitHash,
  type UnitName,
  type UnitState,
  type Waiting,
} from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import {
  openRegistry,
  type ClusterSnapshot,
  type Presence,
  type Registry,
  type Store,
  type Txn,
  type TxnResult,
  type WatchEnd,
  type WatchRequest,
} from "@fleet/registry";
import { MemoryEtcd, MemoryStore } from "@fleet/registry/memory";
import { createEngine, type Engine } from "../src/engine.ts";
import type { MovePolicy } from "../src/model/absence.ts";
import type { EngineObserver } from "../src/observer.ts";

export const PREFIX = "/_coreos.com/fleet/";
export const LEASE_TTL_MS = 10_000;
export const AUDIT_INTERVAL_MS = 60_000;
/** An event is acted on within this: gathering, and time for the twin to come to rest. */
export const AT_ONCE_MS = 15;
const MACHINE_TTL_MS = 30_000;

/** An entry of a work list as it is stored. */
interface StoredEntry {
  readonly targetState: string;
  readonly leaving?: boolean;
  readonly arriving?: string;
}

/** One etcd in memory, machines that are present, units that somebody submits, and engines. */
export class EngineBench {
  readonly clock = new ManualClock();
  /** Of engines made from now on. */
  moves: MovePolicy = {
    agentTtlMs: MACHINE_TTL_MS,
    moveAfterMs: MACHINE_TTL_MS,
    massLossShare: 0.5,
    notBeforeMs: 0,
    movesPerSecond: 1_000,
  };
  readonly etcd = new MemoryEtcd(this.clock);
  readonly #over = new AbortController();
  readonly #api = this.open(new MemoryStore(this.clock, this.etcd));
  readonly #engines: BenchEngine[] = [];

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  open(store: Store): Registry {
    return openRegistry(store, { prefix: PREFIX, clock: this.clock, log: silentLogger });
  }

  /** Announces a machine; disconnecting its store makes it vanish when its lease has run out. */
  async machine(
    id: string,
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<BenchMachine> {
    const store = new MemoryStore(this.clock, this.etcd);
    const machine = {
      id: id as MachineId,
      publicIp: "",
      hostname: "",
      metadata: new Map(Object.entries(metadata)),
      version: "2.0.0",
      engineDisabled: false,
    };
    const announcement = { machine, instance: id, ttlMs: MACHINE_TTL_MS };
    const presence = await this.open(store).announce(announcement, this.signal);
    return { id: machine.id, store, presence };
  }

  /** A machine publishes what systemd says there of a launched unit, in its present version unless `more` has another. */
  async says(
    { id, presence }: BenchMachine,
    name: string,
    activeState: string,
    more: Partial<UnitState> = {},
  ): Promise<void> {
    const unit = parseUnitName(name);
    const hash = (await this.hashOf(name)) as UnitHash;
    const facts = { hash, loadState: "loaded", activeState, subState: "" };
    const state: UnitState = { unit, machine: id, ...facts, currentState: "launched", ...more };
    await presence.publish(new Map([[unit, state]]), this.signal);
  }

  /** Stores a unit with these `[X-Fleet]` lines, in place of an older version. */
  async submit(name: string, lines = "", targetState: TargetState = "launched"): Promise<void> {
    const unit = parseUnitName(name);
    const file = fileOf(name, lines);
    const known = await this.#api.unit(unit, this.signal);
    await this.#api.putUnit({ name: unit, file, targetState }, known?.revision ?? 0, this.signal);
  }

  /** Writes a placement as an earlier leader would have. */
  place(name: string, machine: string, lines = ""): void {
    const unit = parseUnitName(name);
    const entry = JSON.stringify({ hash: unitHash(fileOf(name, lines)), targetState: "launched" });
    this.write(`assignments/${unit}/${machine}`, entry);
    this.write(`schedule/${machine}/${unit}`, entry);
  }

  /** The machines whose units do not move, as the API reads them. */
  async held(): Promise<readonly MachineId[]> {
    return (await this.#api.heldMoves(this.signal)).machines;
  }

  async giveUp(machines: readonly MachineId[]): Promise<void> {
    await this.#api.giveUp(machines, this.signal);
  }

  async destroy(name: string): Promise<void> {
    await this.#api.destroyUnit(parseUnitName(name), this.signal);
  }

  async setMetadata(machine: string, key: string, value: string): Promise<void> {
    await this.#api.setMetadata({ machine: machine as MachineId, key, value }, this.signal);
  }

  /** Writes a value as another program might, below fleet's prefix. */
  write(key: string, value: string): void {
    this.etcd.txn({ compare: [], success: [{ kind: "put", key: `${PREFIX}${key}`, value }] });
  }

  read(key: string): string {
    return this.etcd.range({ start: PREFIX + key }).items[0]?.value ?? "";
  }

  remove(key: string): void {
    this.etcd.txn({ compare: [], success: [{ kind: "delete", key: `${PREFIX}${key}` }] });
  }

  /** What the machines' work lists say: `web.service on a, launched`. */
  workLists(): readonly string[] {
    const start = `${PREFIX}schedule/`;
    const { items } = this.etcd.range({ start, end: `${start}~` });
    const lines = items.map(({ key, value }) => {
      const [machine = "", unit = ""] = key.slice(start.length).split("/");
      const { targetState, leaving, arriving } = JSON.parse(value) as StoredEntry;
      const where = leaving === true ? `leaves ${machine}` : `on ${machine}`;
      const waits = arriving === undefined ? "" : `, waits for ${arriving}`;
      return `${unit} ${where}, ${targetState}${waits}`;
    });
    return lines.toSorted();
  }

  async hashOf(name: string): Promise<string | undefined> {
    return (await this.#api.storedUnit(parseUnitName(name), this.signal))?.hash;
  }

  /** What the writes of whoever leads are compared with; 0 while nobody does. */
  fence(): number {
    const { items } = this.etcd.range({ start: `${PREFIX}lease/engine-leader` });
    return items[0]?.createRevision ?? 0;
  }

  /** The keys that begin so, without fleet's prefix. */
  keys(start: string): readonly string[] {
    const { items } = this.etcd.range({ start: PREFIX + start, end: `${PREFIX}${start}~` });
    return items.map(({ key }) => key.slice(PREFIX.length));
  }

  /** Why a unit waits, as the API reads it. */
  async waiting(unit: UnitName): Promise<Waiting | undefined> {
    return this.#api.waiting(unit, this.signal);
  }

  /** Everything placement depends on, as a fresh reader sees it. */
  async snapshot(): Promise<ClusterSnapshot> {
    const done = new AbortController();
    let read: ClusterSnapshot | undefined;
    const snapshot = (found: ClusterSnapshot): void => {
      read = found;
      done.abort();
    };
    await this.#api.watchCluster({ snapshot, changes: () => {}, live: () => {} }, done.signal);
    if (read === undefined) throw new Error("nothing was read");
    return read;
  }

  /** Who is where: `a.service@m1`, in order. */
  async placements(): Promise<readonly string[]> {
    const { assignments } = await this.snapshot();
    return assignments.map(({ entry, machine }) => `${entry.unit}@${machine}`).toSorted();
  }

  engine(id: string): BenchEngine {
    const engine = new BenchEngine(this, id);
    this.#engines.push(engine);
    return engine;
  }

  /** An engine that leads, and has done what there was for it to do. */
  async leading(id: string): Promise<BenchEngine> {
    const engine = this.engine(id).start();
    await this.clock.until(`${id} leads`, () => engine.engine.leading);
    await this.clock.advance(AT_ONCE_MS);
    return engine;
  }

  async close(): Promise<void> {
    for (const engine of this.#engines) {
      engine.store.heal();
      const stopped = engine.stop();
      await this.clock.advance(LEASE_TTL_MS);
      await stopped;
    }
    this.#over.abort();
    await this.#api.close();
  }
}

function fileOf(name: string, lines: string): UnitFile {
  return parseUnitFile(`[Service]\nExecStart=/bin/${name}\n[X-Fleet]\n${lines}\n`);
}

export interface BenchMachine {
  readonly id: MachineId;
  readonly store: MemoryStore;
  readonly presence: Presence;
}

/** An engine with a connection of its own; what it logs is kept. */
export class BenchEngine {
  readonly id: MachineId;
  readonly store: FaultyStore;
  readonly engine: Engine;
  readonly logged: { readonly fields: LogFields; readonly message: string }[] = [];
  readonly seen: string[] = [];
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(bench: EngineBench, id: string) {
    this.id = id as MachineId;
    this.store = new FaultyStore(bench.clock, bench.etcd);
    this.engine = createEngine({
      registry: bench.open(this.store),
      clock: bench.clock,
      log: this.#logger(),
      machine: this.id,
      leaseTtlMs: LEASE_TTL_MS,
      auditIntervalMs: AUDIT_INTERVAL_MS,
      moves: bench.moves,
      observer: this.#observer(),
    });
  }

  start(): this {
    this.#running = this.engine.run(this.#stop.signal);
    return this;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  get messages(): readonly string[] {
    return this.logged.map(({ message }) => message);
  }

  #logger(): Logger {
    const keep = (fields: LogFields, message: string): void =>
      void this.logged.push({ fields, message });
    return { debug: () => {}, info: keep, warn: keep, error: keep };
  }

  #observer(): EngineObserver {
    const note = (what: string): void => void this.seen.push(what);
    return {
      leading: (sinceMs) => note(sinceMs === undefined ? "follows" : "leads"),
      passDone: () => note("pass"),
      taskDone: (kind) => note(`done ${kind}`),
      taskFailed: (kind) => note(`failed ${kind}`),
      setback: (kind) => note(`setback ${kind}`),
      placed: () => note("placed"),
      moved: (cause) => note(`moved ${cause}`),
      held: (machines) => note(`held ${machines}`),
      unreadable: (values) => note(`unreadable ${values}`),
      kept: (units) => note(`kept ${units}`),
    };
  }
}

/** A store that can be made to lose answers, and that counts what it is asked. */
export class FaultyStore extends MemoryStore {
  requests = 0;
  readonly #watches = new Set<(end: WatchEnd) => void>();
  #loseAnswers = 0;
  #interruptsWatches = false;
  #refuseLeaseTimes = false;
  #refusedStart = "";
  #refusals = 0;

  /** The next transactions that write happen, but their answers get lost. */
  loseAnswers(count: number): void {
    this.#loseAnswers = count;
  }

  /** From now on nobody says how long leases last. */
  refuseLeaseTimes(): void {
    this.#refuseLeaseTimes = true;
  }

  /** The next `count` readings that begin there are refused. */
  refuseRanges(start: string, count: number): void {
    this.#refusedStart = start;
    this.#refusals = count;
  }

  /** With the next transaction that writes all watches break; they may be opened again at once. */
  interruptWatches(): void {
    this.#interruptsWatches = true;
  }

  heal(): void {
    this.#loseAnswers = 0;
    this.reconnect();
  }

  override async range(...args: Parameters<Store["range"]>): ReturnType<Store["range"]> {
    this.requests += 1;
    if (this.#refusals > 0 && args[0].start === this.#refusedStart) {
      this.#refusals -= 1;
      throw new RegistryUnavailableError("the reading is refused");
    }
    return super.range(...args);
  }

  override async txn(txn: Txn, signal: AbortSignal): Promise<TxnResult> {
    this.requests += 1;
    const result = await super.txn(txn, signal);
    const writes = txn.success.some(({ kind }) => kind !== "get");
    if (writes && this.#interruptsWatches) {
      this.#interruptsWatches = false;
      const error = new RegistryUnavailableError("the watch was interrupted");
      for (const end of this.#watches) end({ kind: "broken", error });
    }
    if (this.#loseAnswers === 0 || !writes) return result;
    this.#loseAnswers -= 1;
    throw new RegistryUnavailableError("the answer was lost");
  }

  override async watch(request: WatchRequest, signal: AbortSignal): Promise<WatchEnd> {
    const over = new AbortController();
    let interrupted: WatchEnd | undefined;
    const interrupt = (end: WatchEnd): void => {
      interrupted = end;
      over.abort();
    };
    this.#watches.add(interrupt);
    const ended = await super.watch(request, AbortSignal.any([signal, over.signal]));
    this.#watches.delete(interrupt);
    return interrupted ?? ended;
  }

  override async leaseTimes(
    ...args: Parameters<Store["leaseTimes"]>
  ): ReturnType<Store["leaseTimes"]> {
    this.requests += 1;
    if (this.#refuseLeaseTimes) throw new RegistryUnavailableError("lease times are refused");
    return super.leaseTimes(...args);
  }
}
