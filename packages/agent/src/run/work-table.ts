import type { UnitName } from "@fleet/core";
import type { InstalledUnit } from "@fleet/systemd";
import { changesMachine, newUnitWork, type UnitWork } from "./unit-work.ts";

export interface FailedUnit {
  readonly unit: UnitName;
  readonly retryAtMs: number;
  readonly isUnsure: boolean;
}

/** What the agent knows about every unit that it has installed, should install or fails to. */
export class WorkTable {
  readonly #works = new Map<UnitName, UnitWork>();
  readonly #failing = new Set<UnitWork>();
  #touches = 0;

  get(unit: UnitName): UnitWork | undefined {
    return this.#works.get(unit);
  }

  /** The unit's work; a new one when there is none. */
  of(unit: UnitName): UnitWork {
    const known = this.#works.get(unit);
    if (known !== undefined) return known;
    const work = newUnitWork(unit);
    this.#works.set(unit, work);
    return work;
  }

  /** In byte order of their names. */
  units(): readonly UnitName[] {
    return [...this.#works.keys()].toSorted();
  }

  /** Every unit whose last task failed, with the time of its next try on the monotonic clock. */
  *failures(): Iterable<FailedUnit> {
    for (const work of this.#failing) {
      const { unit, failure, unsure } = work;
      if (failure === undefined) this.#failing.delete(work);
      else yield { unit, retryAtMs: failure.retryAtMs, isUnsure: unsure };
    }
  }

  failed(work: UnitWork): void {
    this.#failing.add(work);
  }

  forget(unit: UnitName): void {
    this.#works.delete(unit);
  }

  /** A step that changes the machine begins or ends: a reading of the machine that began earlier is stale for it. */
  touch(work: UnitWork): void {
    this.#touches += 1;
    work.touchedAt = this.#touches;
  }

  /** The moment to hand to {@link adopt} with a reading that begins now. */
  get moment(): number {
    return this.#touches;
  }

  /** Believes a reading that began at `moment`, but for the units that were worked on meanwhile. */
  adopt(installed: readonly InstalledUnit[], moment: number): void {
    const found = new Map(installed.map((actual) => [actual.unit, actual]));
    for (const unit of found.keys()) this.of(unit);
    for (const work of this.#works.values()) {
      if (changesMachine(work) || work.touchedAt > moment) continue;
      const actual = found.get(work.unit);
      work.actual = actual && { ...actual, launched: actual.launched && !work.startOwed };
      work.unsure = false;
    }
  }
}
