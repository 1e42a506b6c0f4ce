import type { UnitName } from "@fleet/core";

import type { UnitManagerSink } from "../src/unit-manager.ts";

/** A sink that remembers what it was told. */
export class RecordingSink implements UnitManagerSink {
  readonly changed = new Set<UnitName>();
  /** `live`, `lost` and `resync`, in order. */
  readonly events: string[] = [];

  onChange(units: readonly UnitName[]): void {
    for (const unit of units) this.changed.add(unit);
  }

  onResync(): void {
    this.events.push("resync");
  }

  live(live: boolean): void {
    this.events.push(live ? "live" : "lost");
  }
}
