import { systemClock } from "@fleet/core/system-clock";
import type { Store, WatchEvent } from "@fleet/registry";
import { openEtcdStore } from "@fleet/registry/etcd";

import { PREFIX, REQUEST_TIMEOUT_MS } from "./setting.ts";

const MACHINES = `${PREFIX}machines/`;
const STATES = `${PREFIX}states/`;
const ASSIGNMENTS = `${PREFIX}assignments/`;
const RETRY_MS = 100;
const LEADER = `${PREFIX}lease/engine-leader`;

/** What etcd says of the cluster, by watches: nothing is asked for while nothing happens. */
export class ClusterView implements AsyncDisposable {
  readonly present = new Set<string>();
  /** Machines whose record went away since a phase took note of those before, in order. */
  readonly vanished: string[] = [];
  /** Units that were active on two machines at once. */
  readonly doubles: string[] = [];
  /** The machines on which each unit is active. */
  readonly #active = new Map<string, Set<string>>();
  /** The units that are active on each machine: to count them anew at each change would outweigh the cluster. */
  readonly #activeOn = new Map<string, Set<string>>();
  /** The machines on which each unit has a state at all. */
  readonly #stated = new Map<string, Set<string>>();
  /** The machines that each unit is placed on. */
  readonly #placed = new Map<string, Set<string>>();
  readonly #store: Store;
  readonly #closed = new AbortController();
  #leader: string | undefined;
  #onNews: () => void = () => {};

  constructor(etcd: string) {
    const timing = { requestTimeoutMs: REQUEST_TIMEOUT_MS, clock: systemClock };
    this.#store = openEtcdStore({ endpoints: [etcd], ...timing });
    for (const [start, take] of [
      [MACHINES, (event: WatchEvent) => this.#takeMachine(event)],
      [STATES, (event: WatchEvent) => this.#takeState(event)],
      [ASSIGNMENTS, (event: WatchEvent) => this.#takeAssignment(event)],
      [LEADER, (event: WatchEvent) => this.#takeLeader(event)],
    ] as const) {
      void this.#watch(start, take);
    }
  }

  /** The ID of the machine that leads. */
  get leader(): string | undefined {
    return this.#leader;
  }

  /** Units that are active somewhere. */
  get activeUnits(): number {
    return this.#active.size;
  }

  /** How many units are active on these machines, each of which counts by itself. */
  activeOn(machines: readonly string[]): number {
    return machines.reduce((sum, id) => sum + (this.#activeOn.get(id)?.size ?? 0), 0);
  }

  isActive(unit: string): boolean {
    return this.#active.has(unit);
  }

  /** Whether the engine has given it a machine. */
  isPlaced(unit: string): boolean {
    return this.#placed.has(unit);
  }

  isGone(unit: string): boolean {
    return !this.#stated.has(unit);
  }

  /**
   * Waits until `holds`, looking whenever something changes; one at a time; the milliseconds since `sinceMs`.
   * @throws {Error} after `withinMs`.
   */
  async until(
    what: string,
    holds: () => boolean,
    { withinMs, signal }: { readonly withinMs: number; readonly signal: AbortSignal },
    sinceMs = performance.now(),
  ): Promise<number> {
    const over = AbortSignal.any([AbortSignal.timeout(withinMs), signal]);
    over.addEventListener("abort", () => this.#onNews(), { once: true });
    for (;;) {
      if (holds()) return performance.now() - sinceMs;
      signal.throwIfAborted();
      if (over.aborted)
        throw new Error(
          `not within ${withinMs / 1_000} s: ${what} (${this.#active.size} units are active, ${this.present.size} machines present)`,
        );
      await new Promise<void>((resolve) => {
        this.#onNews = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#store.close();
  }

  /** Every change from the first revision on, over interruptions too. */
  async #watch(start: string, take: (event: WatchEvent) => void): Promise<void> {
    let fromRevision = 1;
    const onEvents = (events: readonly WatchEvent[], revision: number): void => {
      fromRevision = revision + 1;
      for (const event of events) take(event);
      this.#onNews();
    };
    const { signal } = this.#closed;
    while (!signal.aborted) {
      const range = { start, end: `${start}~`, fromRevision, onLive: () => {}, onEvents };
      await this.#store.watch(range, signal);
      await systemClock.sleep(RETRY_MS, signal);
    }
  }

  #takeMachine(event: WatchEvent): void {
    const key = event.kind === "put" ? event.item.key : event.key;
    const [id = "", kind] = key.slice(MACHINES.length).split("/");
    if (kind !== "object") return;
    if (event.kind === "put") this.present.add(id);
    else if (this.present.delete(id)) this.vanished.push(id);
  }

  #takeState(event: WatchEvent): void {
    const key = event.kind === "put" ? event.item.key : event.key;
    const [machine = "", unit = ""] = key.slice(STATES.length).split("/");
    if (event.kind === "put") add(this.#stated, unit, machine);
    else remove(this.#stated, unit, machine);
    const isActive =
      event.kind === "put" &&
      (JSON.parse(event.item.value) as { activeState?: string }).activeState === "active";
    const set = isActive ? add : remove;
    set(this.#active, unit, machine);
    set(this.#activeOn, machine, unit);
    if ((this.#active.get(unit)?.size ?? 0) > 1) this.doubles.push(unit);
  }

  #takeAssignment(event: WatchEvent): void {
    const key = event.kind === "put" ? event.item.key : event.key;
    const [unit = "", machine = ""] = key.slice(ASSIGNMENTS.length).split("/");
    if (event.kind === "put") add(this.#placed, unit, machine);
    else remove(this.#placed, unit, machine);
  }

  #takeLeader(event: WatchEvent): void {
    this.#leader =
      event.kind === "put"
        ? (JSON.parse(event.item.value) as { MachineID: string }).MachineID
        : undefined;
  }
}

function add(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

function remove(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key);
  if (set?.delete(value) === true && set.size === 0) sets.delete(key);
}
