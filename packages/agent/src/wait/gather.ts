import { type Clock, Latch, type UnitName } from "@fleet/core";

/** How long a burst of wishes is gathered, so that its files are installed together. */
const GATHER_MS = 2;

/** Hands units over a little later, each once, however often they were added meanwhile. */
export class Gather {
  readonly #clock: Clock;
  readonly #handOver: (units: readonly UnitName[]) => void;
  readonly #units = new Set<UnitName>();
  readonly #wake = new Latch();

  constructor(clock: Clock, handOver: (units: readonly UnitName[]) => void) {
    this.#clock = clock;
    this.#handOver = handOver;
  }

  add(units: readonly UnitName[]): void {
    if (units.length === 0) return;
    for (const unit of units) this.#units.add(unit);
    this.#wake.set();
  }

  /** Hands over until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#wake.wait(signal);
      await this.#clock.sleep(GATHER_MS, signal);
      const units = [...this.#units];
      this.#units.clear();
      if (!signal.aborted) this.#handOver(units);
    }
  }
}
