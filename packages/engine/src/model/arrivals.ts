import type { MachineId, UnitName } from "@fleet/core";
import { arrivalOf, type Placed } from "./placed.ts";

/** The units that are loaded where they are placed and not started yet. */
export class Arrivals {
  readonly #units = new Set<UnitName>();

  /** By name. */
  get units(): Iterable<UnitName> {
    return this.#units;
  }

  /** What has become of one of a unit's places, and all that it has now. */
  note(name: UnitName, placed: Placed | undefined, places: ReadonlyMap<MachineId, Placed>): void {
    if (arrivalOf(placed) !== undefined) this.#units.add(name);
    else if (this.#units.has(name)) {
      const isArriving = [...places.values()].some((one) => arrivalOf(one) !== undefined);
      if (!isArriving) this.#units.delete(name);
    }
  }
}
