import type { Clock, UnitName } from "@fleet/core";

/** A start makes systemd speak some ten times within a few milliseconds: one report is enough. */
const GATHER_MS = 2;

/** Gathers the names of changed units for a few milliseconds and hands them over together, each once. */
export class ChangeCollector {
  readonly #clock: Clock;
  readonly #report: (units: readonly UnitName[]) => void;
  readonly #signal: AbortSignal;
  #gathered = new Set<UnitName>();

  /** Reports nothing any more once `signal` has aborted. */
  constructor(clock: Clock, report: (units: readonly UnitName[]) => void, signal: AbortSignal) {
    this.#clock = clock;
    this.#report = report;
    this.#signal = signal;
  }

  add(unit: UnitName): void {
    const isFirst = this.#gathered.size === 0;
    this.#gathered.add(unit);
    if (isFirst) void this.#reportSoon();
  }

  async #reportSoon(): Promise<void> {
    await this.#clock.sleep(GATHER_MS, this.#signal);
    const units = [...this.#gathered];
    this.#gathered = new Set();
    if (!this.#signal.aborted) this.#report(units);
  }
}
