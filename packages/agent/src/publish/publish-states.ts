import {
  childOf,
  type ChildSignal,
  type Clock,
  FleetError,
  Latch,
  type Logger,
  type MachineId,
  type UnitName,
  type UnitState,
} from "@fleet/core";
import type { SystemdState, UnitManager } from "@fleet/systemd";
import { delayMs, PEER_BACK_OFF } from "../wait/back-off.ts";
import type { Announced } from "../presence-keeper.ts";
import type { Reconciler } from "../run/reconciler.ts";
import { PublishPace } from "./publish-pace.ts";
import { stateOf } from "./unit-report.ts";

/** How long changes are gathered before they are published together. */
const GATHER_MS = 1;
/** In a burst states are published so often: fewer, larger writes, so that all are known earlier. */
const PUBLISH_EVERY_MS = 20;
/** States read and published with one call each. */
const BATCH_UNITS_MAX = 256;

/** All that a state says besides whose it is: a change of any of it is published. */
const PUBLISHED_FACTS: readonly Exclude<keyof UnitState, "unit" | "machine">[] = [
  "hash",
  "loadState",
  "activeState",
  "subState",
  "currentState",
  "error",
  "sinceMs",
  "result",
  "isSkipped",
  "exitStatus",
  "exitSignal",
  "restarts",
];

export interface StatePublisherDeps {
  readonly units: Pick<UnitManager, "states">;
  readonly reports: Pick<Reconciler, "units" | "report" | "sawActive">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What the store holds for a unit; unknown when a write failed or the presence changed. */
type Published = UnitState | "unknown";

/**
 * Publishes what systemd says of our units as it changes: only the latest value, only when it
 * differs from what was published, one bounded batch at a time so that nothing older ever
 * overtakes it. A unit that changes on and on is published twice a second. What cannot be published waits; under a new
 * presence everything is published anew.
 */
export class StatePublisher {
  readonly #deps: StatePublisherDeps;
  readonly #published = new Map<UnitName, Published>();
  readonly #changed = new Set<UnitName>();
  readonly #wake = new Latch();
  readonly #pace = new PublishPace();
  #pause: ChildSignal | undefined;
  #publishedAtMs = Number.NEGATIVE_INFINITY;
  #current: Announced | undefined;

  constructor(deps: StatePublisherDeps) {
    this.#deps = deps;
  }

  /** What is published, and the units whose state waits to be, both in no promised order. */
  get contents(): {
    readonly published: ReadonlyMap<UnitName, Published>;
    readonly waiting: ReadonlySet<UnitName>;
  } {
    return { published: this.#published, waiting: this.#changed };
  }

  /** The states of these units may have changed. */
  mark(units: readonly UnitName[]): void {
    for (const unit of units) this.#changed.add(unit);
    this.#wake.set();
  }

  markAll(): void {
    this.mark(this.#deps.reports.units());
  }

  /** Publishes under this presence from now on, beginning with everything; undefined stops it. */
  use(announced: Announced | undefined): void {
    this.#current = announced;
    if (announced === undefined) return;
    const before = [...this.#published.keys()];
    for (const unit of before) this.#published.set(unit, "unknown");
    this.mark(before);
    this.markAll();
    this.hurry();
  }

  /** The store is back: what failed is tried again at once. */
  hurry(): void {
    this.#publishedAtMs = Number.NEGATIVE_INFINITY;
    this.#pause?.end();
  }

  /** Publishes until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    let failures = 0;
    while (!signal.aborted) {
      await this.#untilSomethingIsDue(signal);
      await clock.sleep(GATHER_MS, signal);
      const burstMs = this.#publishedAtMs + PUBLISH_EVERY_MS - clock.monotonicMs();
      if (this.#changed.size > 1 && burstMs > 0) await clock.sleep(burstMs, signal);
      this.#publishedAtMs = clock.monotonicMs();
      try {
        await this.#publishDue(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof FleetError)) throw error;
        failures += 1;
        if (failures === 1) log.warn({ err: error }, "states not published, trying again");
        this.#wake.set();
        this.#pause = childOf(signal);
        await clock.sleep(delayMs(PEER_BACK_OFF, failures), this.#pause.signal);
        this.#pause.end();
      }
    }
  }

  /** Waits for a change, or for the turn of a unit that is held back because it changes on and on. */
  async #untilSomethingIsDue(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    if (this.#changed.size === 0 || this.#current === undefined) return this.#wake.wait(signal);
    const dueAtMs = Math.min(...[...this.#changed].map((unit) => this.#pace.dueAtMs(unit)));
    const waitMs = Math.max(0, dueAtMs - clock.monotonicMs());
    if (waitMs > 0) await this.#wake.waitAtMost(waitMs, clock, signal);
  }

  async #publishDue(signal: AbortSignal): Promise<void> {
    let batch = this.#dueUnits();
    while (!signal.aborted && this.#current !== undefined && batch.length > 0) {
      await this.#publishBatch(batch, this.#current, signal);
      batch = this.#dueUnits();
    }
  }

  #dueUnits(): readonly UnitName[] {
    const nowMs = this.#deps.clock.monotonicMs();
    const due = [...this.#changed].filter((unit) => this.#pace.dueAtMs(unit) <= nowMs);
    return due.toSorted().slice(0, BATCH_UNITS_MAX);
  }

  async #publishBatch(
    batch: readonly UnitName[],
    announced: Announced,
    signal: AbortSignal,
  ): Promise<void> {
    for (const unit of batch) this.#changed.delete(unit);
    try {
      const states = await this.#statesOf(batch, announced.machine.id, signal);
      if (this.#current !== announced) return;
      for (const unit of states.keys()) this.#published.set(unit, "unknown");
      if (states.size > 0) await announced.presence.publish(states, signal);
      if (this.#current !== announced) return;
      const nowMs = this.#deps.clock.monotonicMs();
      for (const [unit, state] of states) {
        if (state === undefined) this.#published.delete(unit);
        else this.#published.set(unit, state);
        if (state === undefined) this.#pace.forget(unit);
        else this.#pace.published(unit, nowMs);
      }
    } catch (error) {
      for (const unit of batch) this.#changed.add(unit);
      throw error;
    }
  }

  /** The states of `batch` that differ from what is published; undefined for those to remove. */
  async #statesOf(
    batch: readonly UnitName[],
    machine: MachineId,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<UnitName, UnitState | undefined>> {
    const { reports, units } = this.#deps;
    const here = batch.filter((unit) => reports.report(unit).kind === "installed");
    const found: ReadonlyMap<UnitName, SystemdState> =
      here.length === 0 ? new Map() : await units.states(here, signal);
    const states = new Map<UnitName, UnitState | undefined>();
    for (const unit of batch) {
      const systemd = found.get(unit);
      const state = stateOf({ unit, machine }, reports.report(unit), systemd);
      if (systemd?.activeState === "active") reports.sawActive(unit);
      const published = this.#published.get(unit);
      if (state !== "unchanged" && !isPublished(state, published)) states.set(unit, state);
    }
    return states;
  }
}

function isPublished(state: UnitState | undefined, published: Published | undefined): boolean {
  if (state === undefined || published === undefined) return state === published;
  if (published === "unknown") return false;
  return PUBLISHED_FACTS.every((fact) => state[fact] === published[fact]);
}
