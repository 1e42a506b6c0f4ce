import {
  type LogFields,
  type Logger,
  type MachineId,
  parseUnitFile,
  parseUnitName,
  silentLogger,
  untilAborted,
} from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { openRegistry, type Registry, type UnitView } from "@fleet/registry";
import { MemoryEtcd, MemoryStore } from "@fleet/registry/memory";
import type { DropDirectory, DropSink } from "../src/drop/drop-directory.ts";
import { createDropRunner } from "../src/drop/drop-runner.ts";
import type { DropCounts } from "../src/drop/drop-standings.ts";

const PREFIX = "/_coreos.com/fleet/";
const PAGE = { start: { kind: "first" }, limit: 5_000 } as const;

/** One etcd, and machines of which only the drop directories are there. */
export class DropCluster implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly #etcd = new MemoryEtcd(this.clock);
  readonly registry: Registry = this.open();
  readonly #opened: DropMachine[] = [];

  open(store = this.store()): Registry {
    return openRegistry(store, { prefix: PREFIX, clock: this.clock, log: silentLogger });
  }

  store(): MemoryStore {
    return new MemoryStore(this.clock, this.#etcd);
  }

  machine(id: string, prune = false): DropMachine {
    const machine = new DropMachine(this, id as MachineId, prune);
    this.#opened.push(machine);
    return machine;
  }

  /** One line a unit: its name, target state, command and whose it is. */
  async units(): Promise<readonly string[]> {
    const { items } = await this.registry.unitPage(PAGE, this.#never);
    return Promise.all(items.map(async (unit) => this.#words(unit)));
  }

  /** One line a file: its machine, name, target state and problem. */
  async files(): Promise<readonly string[]> {
    const { items } = await this.registry.dropPage(PAGE, this.#never);
    return items.map(({ machine, name, submitted, problem }) =>
      [machine, name, submitted?.targetState ?? "-", problem ?? "-"].join(" "),
    );
  }

  /** A person submits a unit through the API. */
  async submit(name: string, text: string): Promise<void> {
    const unit = parseUnitName(name);
    const expected = (await this.registry.storedUnit(unit, this.#never))?.revision ?? 0;
    const put = { name: unit, file: parseUnitFile(text), targetState: "inactive" } as const;
    await this.registry.putUnit(put, expected, this.#never);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const machine of this.#opened) await machine.stop();
    await this.registry.close();
  }

  readonly #never = new AbortController().signal;

  async #words({ name, file, targetState }: UnitView): Promise<string> {
    const [view] = await this.registry.dropViews("x" as MachineId, [name], this.#never);
    const { unit } = view ?? {};
    const whose = unit !== undefined && "directories" in unit ? unit.directories : undefined;
    const command = file.find((option) => option.name === "ExecStart")?.value ?? "-";
    return [name, targetState, command, whose?.join("+") ?? "api"].join(" ");
  }
}

/** A machine's drop directory, and the runner that obeys it. */
export class DropMachine {
  readonly id: MachineId;
  readonly log: string[] = [];
  readonly store: MemoryStore;
  counts: DropCounts | undefined;
  readonly #cluster: DropCluster;
  readonly #prune: boolean;
  #files = new Map<string, string>();
  #sink: DropSink | undefined;
  #life: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(cluster: DropCluster, id: MachineId, prune: boolean) {
    this.id = id;
    this.#cluster = cluster;
    this.#prune = prune;
    this.store = cluster.store();
  }

  /** fleetd starts; with files it finds the directory, without it does not. */
  start(files?: Readonly<Record<string, string>>): void {
    const life = new AbortController();
    this.#life = life;
    const directory: DropDirectory = {
      path: "/drop",
      watch: async (sink, signal) => {
        this.#sink = sink;
        if (files !== undefined) this.find(files);
        await untilAborted(signal);
      },
    };
    this.#running = createDropRunner({
      registry: this.#cluster.open(this.store),
      directory,
      clock: this.#cluster.clock,
      log: recorder(this.log),
      machine: this.id,
      prune: this.#prune,
      onCounts: (counts) => (this.counts = counts),
    }).run(life.signal);
  }

  /** fleetd ends. The files may change meanwhile: the next start says how they are. */
  async stop(): Promise<void> {
    this.#life?.abort();
    await this.#running;
  }

  /** The directory is found with these files in it. */
  find(files: Readonly<Record<string, string>>): void {
    this.#files = new Map(Object.entries(files));
    this.#sink?.found([...this.#files.keys()]);
    this.change(files);
  }

  /** The directory is found, and its files have not come to rest. */
  findUnread(names: readonly string[]): void {
    this.#sink?.found(names);
  }

  /** Files change; undefined: they go away. */
  change(files: Readonly<Record<string, string | undefined>>): void {
    const contents = Object.entries(files).map(([name, text]) => {
      if (text === undefined) return [name, undefined] as const;
      return [name, { kind: "bytes", bytes: Buffer.from(text) } as const] as const;
    });
    this.#sink?.read(new Map(contents));
  }

  lose(reason: string): void {
    this.#sink?.lost(reason);
  }
}

function recorder(lines: string[]): Logger {
  const at =
    (level: string) =>
    ({ unit, reason }: LogFields, message: string): void => {
      const facts = [unit, reason].filter((fact) => typeof fact === "string");
      lines.push([`${level}: ${message}`, ...facts].join(", "));
    };
  return { debug: () => {}, info: at("info"), warn: at("warn"), error: at("error") };
}
