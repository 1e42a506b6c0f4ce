import {
  type Clock,
  FleetError,
  Latch,
  type Logger,
  movingOf,
  SystemdError,
  type UnitName,
} from "@fleet/core";
import type { Presence } from "@fleet/registry";
import type { JobResult, UnitManager } from "@fleet/systemd";
import { InFlight } from "../run/in-flight.ts";
import type { LeaseMemory } from "./lease-memory.ts";

/** How often an isolated machine looks for units to stop: what did not stop, and what something else started. */
const SWEEP_MS = 2_000;
/** The lease is looked at so many times in its length, so that what is remembered of it is hardly out of date. */
const LOOKS_PER_LEASE = 10;
const LOOK_MS_MIN = 100;

export interface IsolationGuardDeps {
  readonly units: Pick<UnitManager, "installed" | "file" | "states" | "start" | "stop">;
  /** The presence that is held, undefined when there is none. */
  readonly presence: () => Pick<Presence, "remainingMs"> | undefined;
  readonly memory: LeaseMemory;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ttlMs: number;
  /** A unit was stopped here: what was read of the machine is out of date. */
  readonly onStopped: (unit: UnitName) => void;
}

/**
 * Sees to it that units with `OnIsolation=stop` run only while this machine's lease is known to
 * hold, for without it the cluster may start them elsewhere. It needs neither etcd nor the work list.
 */
export class IsolationGuard {
  readonly #deps: IsolationGuardDeps;
  readonly #wake = new Latch();
  readonly #stops = new InFlight(() => this.#wake.set());
  readonly #stopping = new Set<UnitName>();
  /** What went wrong last, by unit, "" for all of them: it is told once. */
  readonly #told = new Map<UnitName | "", string>();
  /** Until when the last lease holds that is known, be it that of an earlier process. */
  #heldUntilMs: number;

  constructor(deps: IsolationGuardDeps) {
    this.#deps = deps;
    const { memory, clock, ttlMs } = deps;
    // What is not known is the lease of a process that was there until a moment ago.
    const fullMs = clock.monotonicMs() + ttlMs;
    this.#heldUntilMs = Math.min(memory.heldUntilMs ?? fullMs, fullMs);
  }

  /**
   * How long the lease is known to hold from now on. A presence that was lost earlier, for its record was
   * removed or its etcd is not to be believed, is counted to the end of its lease: mostly another follows at once.
   */
  remainingMs(): number {
    const { presence, clock } = this.#deps;
    return presence()?.remainingMs() ?? Math.max(0, this.#heldUntilMs - clock.monotonicMs());
  }

  /** The presence began or was lost. */
  presenceChanged(): void {
    this.#wake.set();
  }

  /** Starts a unit as the unit manager does. @throws {SystemdError} for one that must not run while isolated. */
  async start(unit: UnitName, signal: AbortSignal): Promise<JobResult> {
    if (this.remainingMs() === 0 && (await this.#mustStop(unit, signal))) {
      throw new SystemdError(`${unit} is not started while this machine is cut off from etcd`);
    }
    return this.#deps.units.start(unit, signal);
  }

  /** Works until `signal` aborts. Once only. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#whileHeld(signal);
      if (signal.aborted) break;
      await this.#sweep(signal);
      await this.#wake.waitAtMost(SWEEP_MS, this.#deps.clock, signal);
      this.#stops.rethrow();
    }
    await this.#stops.settled();
  }

  async #whileHeld(signal: AbortSignal): Promise<void> {
    const { clock, memory, presence } = this.#deps;
    for (;;) {
      const leftMs = this.remainingMs();
      if (leftMs === 0 || signal.aborted) return;
      if (presence() !== undefined) {
        this.#heldUntilMs = clock.monotonicMs() + leftMs;
        memory.note(this.#heldUntilMs);
      }
      const lookMs = Math.max(LOOK_MS_MIN, leftMs / LOOKS_PER_LEASE);
      await this.#wake.waitAtMost(Math.min(leftMs, lookMs), clock, signal);
    }
  }

  /** Begins to stop what must not run here and does. Does not wait for it: the next cut may come before its end. */
  async #sweep(signal: AbortSignal): Promise<void> {
    try {
      const units: UnitName[] = [];
      for (const { unit } of await this.#deps.units.installed(signal)) {
        if (await this.#mustStop(unit, signal)) units.push(unit);
      }
      const states = await this.#deps.units.states(units, signal);
      for (const [unit, { activeState }] of states) {
        if (activeState === "inactive" || activeState === "failed") continue;
        if (this.#stopping.has(unit) || this.remainingMs() > 0) continue;
        this.#stops.begin(this.#stop(unit, signal), signal);
      }
      this.#told.delete("");
    } catch (error) {
      this.#tell("", "What must not run on a machine that is cut off cannot be found", error);
    }
  }

  async #mustStop(unit: UnitName, signal: AbortSignal): Promise<boolean> {
    const file = await this.#deps.units.file(unit, signal);
    return file !== undefined && movingOf(file).onIsolation === "stop";
  }

  async #stop(unit: UnitName, signal: AbortSignal): Promise<void> {
    const { units, log, onStopped } = this.#deps;
    this.#stopping.add(unit);
    const why = "this machine is cut off from etcd, and the unit says OnIsolation=stop";
    try {
      const result = await units.stop(unit, signal);
      if (result !== "done" && result !== "skipped") {
        throw new SystemdError(`stop job of ${unit} failed: ${result}`);
      }
      log.warn({ unit }, `Stopped unit(${unit}): ${why}`);
      this.#told.delete(unit);
    } catch (error) {
      if (signal.aborted) return;
      this.#tell(unit, `${unit} is not stopped yet, though ${why}`, error);
    } finally {
      this.#stopping.delete(unit);
      onStopped(unit);
    }
  }

  #tell(unit: UnitName | "", what: string, error: unknown): void {
    if (!(error instanceof FleetError)) throw error;
    if (this.#told.get(unit) === error.message) return;
    this.#told.set(unit, error.message);
    this.#deps.log.error({ err: error }, what);
  }
}
