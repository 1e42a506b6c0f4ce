/** What hangs on a lease: being present, or leading. */
export type LeaseUse = "presence" | "leadership";

/** Whoever holds a lease that may be exchanged for one of another length. */
export interface LeaseHolder {
  /** Moves all that hangs on the lease to one of `ttlMs`, without a gap. */
  changeTtl(ttlMs: number, signal: AbortSignal): Promise<void>;
}

/** How long leases last, where that was changed after their holders had been told. */
export class LeaseTtls {
  readonly #changed = new Map<LeaseUse, number>();
  readonly #holders = new Map<LeaseHolder, LeaseUse>();

  /** How long a lease lasts that is asked for with `ttlMs`. */
  ttlOf(use: LeaseUse, ttlMs: number): number {
    return this.#changed.get(use) ?? ttlMs;
  }

  /** `holder` has a lease from now on; returns how to say that it has none any more. */
  add(use: LeaseUse, holder: LeaseHolder): () => void {
    this.#holders.set(holder, use);
    return () => void this.#holders.delete(holder);
  }

  /** Counts for every lease of that use: for those to come also where it rejects for one that is held. */
  async change(use: LeaseUse, ttlMs: number, signal: AbortSignal): Promise<void> {
    this.#changed.set(use, ttlMs);
    for (const [holder, held] of this.#holders) {
      if (held === use) await holder.changeTtl(ttlMs, signal);
    }
  }
}
