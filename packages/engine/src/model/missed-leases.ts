import type { MachineId } from "@fleet/core";

/** A lease that lives is asked after again so much later. */
const ASK_EVERY_MS = 500;

/**
 * What is known of the leases of machines whose records have gone. Such a record goes with its lease, or somebody else
 * removes it while the lease lives.
 */
export class MissedLeases {
  readonly #askedAtMs = new Map<MachineId, number>();
  readonly #ended = new Set<MachineId>();

  /** When it is to be asked after (monotonic milliseconds): at once, or some time after it was. */
  askAtMs(id: MachineId): number {
    return (this.#askedAtMs.get(id) ?? Number.NEGATIVE_INFINITY) + ASK_EVERY_MS;
  }

  asked(id: MachineId, nowMs: number): void {
    this.#askedAtMs.set(id, nowMs);
  }

  end(id: MachineId): void {
    this.#ended.add(id);
  }

  hasEnded(id: MachineId): boolean {
    return this.#ended.has(id);
  }

  forget(id: MachineId): void {
    this.#askedAtMs.delete(id);
    this.#ended.delete(id);
  }
}
