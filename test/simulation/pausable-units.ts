import type { UnitName } from "@fleet/core";
import type { JobResult } from "@fleet/systemd";
import { type MemorySystemd, MemoryUnitManager } from "@fleet/systemd/memory";

import type { PausableClock } from "./pausable-clock.ts";

/** A daemon's connection to systemd: while it is paused, jobs go on and it does not hear of their end. */
export class PausableUnits extends MemoryUnitManager {
  readonly #clock: PausableClock;

  constructor(clock: PausableClock, systemd: MemorySystemd) {
    super({ clock, systemd });
    this.#clock = clock;
  }

  override async start(unit: UnitName, signal: AbortSignal): Promise<JobResult> {
    return this.#heard(super.start(unit, signal));
  }

  override async stop(unit: UnitName, signal: AbortSignal): Promise<JobResult> {
    return this.#heard(super.stop(unit, signal));
  }

  async #heard<T>(result: Promise<T>): Promise<T> {
    try {
      return await result;
    } finally {
      await this.#clock.awake();
    }
  }
}
