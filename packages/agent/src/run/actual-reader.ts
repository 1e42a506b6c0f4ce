import { FleetError, type Clock, type Logger } from "@fleet/core";
import type { InstalledUnit } from "@fleet/systemd";
import { delayMs, PEER_BACK_OFF } from "../wait/back-off.ts";

/** How often the machine is compared with the work list although nothing happened. Only repairs. */
const REPAIR_INTERVAL_MS = 30_000;

export interface ActualReaderDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly read: () => Promise<readonly InstalledUnit[]>;
  /** A number that is handed back to `onRead`, taken when the reading begins. */
  readonly moment: () => number;
  readonly onRead: (installed: readonly InstalledUnit[], moment: number) => void;
}

/** Reads what is installed: at first, after a failed step, after a loss of systemd, now and then. */
export class ActualReader {
  readonly #deps: ActualReaderDeps;
  #known = false;
  #reading = false;
  #failures = 0;
  #notBeforeMs = 0;
  #dueMs = 0;

  constructor(deps: ActualReaderDeps) {
    this.#deps = deps;
  }

  /** True once a reading succeeded: before that nothing may be planned. */
  get known(): boolean {
    return this.#known;
  }

  /** The next reading is due at once. */
  expire(): void {
    this.#dueMs = 0;
    this.#notBeforeMs = 0;
  }

  /** Milliseconds until a reading should begin; undefined while one is under way. */
  waitMs(wanted: boolean): number | undefined {
    if (this.#reading) return undefined;
    const nowMs = this.#deps.clock.monotonicMs();
    const dueMs = wanted ? nowMs : this.#dueMs;
    return Math.max(dueMs, this.#notBeforeMs, nowMs) - nowMs;
  }

  async read(): Promise<void> {
    const { clock, log } = this.#deps;
    const moment = this.#deps.moment();
    this.#reading = true;
    this.#dueMs = Number.POSITIVE_INFINITY;
    try {
      const installed = await this.#deps.read();
      this.#failures = 0;
      this.#known = true;
      this.#dueMs = Math.min(this.#dueMs, clock.monotonicMs() + REPAIR_INTERVAL_MS);
      this.#deps.onRead(installed, moment);
    } catch (error) {
      if (!(error instanceof FleetError)) throw error;
      this.#failures += 1;
      const retryMs = delayMs(PEER_BACK_OFF, this.#failures);
      this.#dueMs = clock.monotonicMs();
      this.#notBeforeMs = clock.monotonicMs() + retryMs;
      const line = `Unable to determine agent's current state: ${error.message}`;
      if (this.#failures === 1) log.error({ err: error, retryMs }, line);
      else log.debug({ err: error, retryMs }, line);
    } finally {
      this.#reading = false;
    }
  }
}
