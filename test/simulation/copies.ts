import type { JournalEntry } from "@fleet/systemd/memory";

import { hasConflicts, sampleUnit } from "./sample-units.ts";
import type { ScheduleHistory } from "./schedule-history.ts";
import { AGENT_TTL_MS, type SimulatedMachine } from "./simulated-machine.ts";

interface Run {
  readonly machine: SimulatedMachine;
  /** From when on it counts as active. */
  readonly activeAtMs: number;
  endedAtMs: number;
}

const isAttended = (machine: SimulatedMachine): boolean => machine.hasDaemon && !machine.isPaused;

/** Who runs copies of which units, and when: by that it is known whether a move kept its promises. */
export class Copies {
  readonly #history: ScheduleHistory;
  readonly #runs = new Map<string, Run[]>();
  readonly #wishes = new Map<string, { readonly atMs: number; readonly isToRun: boolean }>();
  /** Since when machines are in the cluster, by ID. */
  readonly #presentSinceMs = new Map<string, number>();

  constructor(history: ScheduleHistory) {
    this.#history = history;
  }

  /** A person said something of the unit: what happens next need not be a move. */
  wished(unit: string, atMs: number, isToRun: boolean): void {
    this.#wishes.set(unit, { atMs, isToRun });
  }

  /** A machine is in the cluster, or not any more. */
  isPresent(machine: string, isPresent: boolean, atMs: number): void {
    if (!isPresent) this.#presentSinceMs.delete(machine);
    else if (!this.#presentSinceMs.has(machine)) this.#presentSinceMs.set(machine, atMs);
  }

  /** Takes in what happened on a machine; the promise that it broke, if it did. */
  take(machine: SimulatedMachine, entry: JournalEntry): string | undefined {
    const { unit, kind, atMs } = entry;
    const runs = this.#runs.get(unit) ?? [];
    this.#runs.set(unit, runs);
    if (kind === "start") {
      const broken = this.#secondOf(machine, entry);
      const { startMs = 0 } = machine.systemd.behaviourOf(unit);
      const endedAtMs = Number.POSITIVE_INFINITY;
      runs.push({ machine, activeAtMs: atMs + startMs, endedAtMs });
      return broken;
    }
    if (kind === "stop") return this.#stoppedTooSoon(machine, entry);
    const run = runs.findLast((one) => one.machine === machine);
    if (run !== undefined) run.endedAtMs = atMs;
    return undefined;
  }

  /**
   * Of some units there is one copy at most; where no daemon runs, nobody is there to stop one. Of others
   * there is one on machines that are there.
   */
  #secondOf(machine: SimulatedMachine, { unit, atMs }: JournalEntry): string | undefined {
    const { once, stopsFirst } = sampleUnit(unit);
    if (!stopsFirst) return undefined;
    const sinceMs = machine.readSinceMs(atMs);
    if (!once && (this.#wishes.get(unit)?.atMs ?? 0) >= sinceMs) return undefined;
    const isBound = (other: SimulatedMachine): boolean =>
      once ? isAttended(other) : (this.#presentSinceMs.get(other.id) ?? atMs) < sinceMs;
    const other = this.#runs
      .get(unit)
      ?.find((run) => run.machine !== machine && run.endedAtMs > atMs && isBound(run.machine));
    return other && `${machine.id} starts ${unit}, which runs on ${other.machine.id}`;
  }

  /** A unit that moves is stopped only once it is, or was at least, active where it moved to. */
  #stoppedTooSoon(machine: SimulatedMachine, { unit, atMs }: JournalEntry): string | undefined {
    const { global, stopsFirst } = sampleUnit(unit);
    // Units that conflict may have to be stopped first, so that they do not wait for each other.
    if (global || stopsFirst || hasConflicts(unit)) return undefined;
    const told = this.#history.givenUp(machine.id, unit);
    if (told === undefined || told.elsewhere.size === 0) return undefined;
    const sinceMs = told.atMs - AGENT_TTL_MS;
    const wish = this.#wishes.get(unit);
    if (wish === undefined || !wish.isToRun || wish.atMs > sinceMs) return undefined;
    const wasActive = this.#runs.get(unit)?.some((run) => {
      if (run.machine === machine) return false;
      return run.activeAtMs <= atMs && run.endedAtMs >= sinceMs && run.activeAtMs < run.endedAtMs;
    });
    if (wasActive === true) return undefined;
    return `${machine.id} stops ${unit}, which does not run on ${[...told.elsewhere].join()} yet`;
  }
}
