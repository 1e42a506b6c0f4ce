import type { UnitName } from "@fleet/core";

const NOBODY: ReadonlySet<UnitName> = new Set();

/** The units that say themselves how long their machine may be silent (`MoveAfter=`), by that; iterates over the times. */
export class MoveAfters implements Iterable<number> {
  readonly #units = new Map<number, Set<UnitName>>();
  readonly #of = new Map<UnitName, number>();

  units(moveAfterMs: number): ReadonlySet<UnitName> {
    return this.#units.get(moveAfterMs) ?? NOBODY;
  }

  set(name: UnitName, moveAfterMs: number | undefined): void {
    const before = this.#of.get(name);
    if (before === moveAfterMs) return;
    if (before !== undefined) this.#remove(name, before);
    if (moveAfterMs === undefined) return;
    this.#of.set(name, moveAfterMs);
    const units = this.#units.get(moveAfterMs) ?? new Set();
    this.#units.set(moveAfterMs, units.add(name));
  }

  [Symbol.iterator](): Iterator<number> {
    return this.#units.keys();
  }

  #remove(name: UnitName, moveAfterMs: number): void {
    this.#of.delete(name);
    const units = this.#units.get(moveAfterMs);
    if (units?.delete(name) && units.size === 0) this.#units.delete(moveAfterMs);
  }
}
