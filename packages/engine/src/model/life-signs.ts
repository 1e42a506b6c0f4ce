import type { MachineId } from "@fleet/core";
import type { LeaseTime } from "@fleet/registry";

/**
 * A machine whose lease has this part of its time left, or less, may be silent: a healthy one renews it whenever a
 * third has passed.
 */
const SUSPECT_PART = 0.5;

/** What is known of the leases of present machines: by that it is told who has been heard of lately. */
export class LifeSigns {
  readonly #leases = new Map<MachineId, { readonly endsAtMs: number; readonly ttlMs: number }>();

  /** Takes in what the registry said at this time (monotonic milliseconds). */
  note(id: MachineId, { remainingMs, ttlMs }: LeaseTime, nowMs: number): void {
    this.#leases.set(id, { endsAtMs: nowMs + remainingMs, ttlMs });
  }

  forget(id: MachineId): void {
    this.#leases.delete(id);
  }

  /**
   * Those of `machines` that have not been heard of lately as far as is known, each with the time at which its lease
   * ends, or now: it may have been renewed since.
   */
  suspects(machines: Iterable<MachineId>, nowMs: number): ReadonlyMap<MachineId, number> {
    const suspects = new Map<MachineId, number>();
    for (const id of machines) {
      const { endsAtMs, ttlMs } = this.#leases.get(id) ?? { endsAtMs: nowMs, ttlMs: 0 };
      if (endsAtMs - nowMs > ttlMs * SUSPECT_PART) continue;
      suspects.set(id, Math.max(nowMs, endsAtMs));
    }
    return suspects;
  }
}
