import type { UnitName } from "@fleet/core";

/** So often in a row is a unit's state published as it changes: enough for any start or stop. */
const AT_ONCE_MAX = 10;
/** A unit that changes on and on is published so often. */
const EVERY_MS = 500;

/** Slows down units whose state changes on and on, so that one that flaps does not keep etcd busy. */
export class PublishPace {
  /** When each unit would be through if it had been published every {@link EVERY_MS} only (monotonic). */
  readonly #throughMs = new Map<UnitName, number>();

  /** From when on this unit may be published; in the past for one that is not held back. */
  dueAtMs(unit: UnitName): number {
    const throughMs = this.#throughMs.get(unit) ?? Number.NEGATIVE_INFINITY;
    return throughMs - (AT_ONCE_MAX - 1) * EVERY_MS;
  }

  published(unit: UnitName, nowMs: number): void {
    this.#throughMs.set(unit, Math.max(nowMs, this.#throughMs.get(unit) ?? nowMs) + EVERY_MS);
  }

  forget(unit: UnitName): void {
    this.#throughMs.delete(unit);
  }
}
