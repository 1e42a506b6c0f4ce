/** What hangs on a lease: being present, or leading. */
export type LeaseUse = "presence" | "leadership";

/** Whoever holds a lease that may be exchanged for one of another length. */
export interface LeaseHolder {
  /** Moves all that hangs on the lease to one of `ttlMs`, without a gap. `signal` counts until that begins. */
  changeTtl(ttlMs: number, signal: AbortSignal): Promise<void>;
}

/** How long leases last, where that was changed after their holders had been told. */
export class LeaseTtls {
  readonly #changed = new Map<LeaseUse, number>();
  readonly #holders = new Map<LeaseHolder, LeaseUse>();
  readonly #acquisitions = new Map<Promise<unknown>, LeaseUse>();

  /**
   * Lets `task` get a lease of the length that counts now, `ttlMs` unless it was changed. A change that
   * comes meanwhile waits for it, so that whoever holds the lease by then is told.
   */
  async acquire<T>(
    use: LeaseUse,
    ttlMs: number,
    task: (grantedMs: number) => Promise<T>,
  ): Promise<T> {
    const acquisition = task(this.#changed.get(use) ?? ttlMs);
    this.#acquisitions.set(acquisition, use);
    try {
      return await acquisition;
    } finally {
      this.#acquisitions.delete(acquisition);
    }
  }

  /** `holder` has a lease from now on; returns how to say that it has none any more. */
  add(use: LeaseUse, holder: LeaseHolder): () => void {
    this.#holders.set(holder, use);
    return () => void this.#holders.delete(holder);
  }

  /** Counts for every lease of that use: for those to come also where it rejects for one that is held. */
  async change(use: LeaseUse, ttlMs: number, signal: AbortSignal): Promise<void> {
    this.#changed.set(use, ttlMs);
    const pending = [...this.#acquisitions].filter(([, acquired]) => acquired === use);
    await Promise.allSettled(pending.map(([acquisition]) => acquisition));
    for (const [holder, held] of this.#holders) {
      signal.throwIfAborted(); // a later change is on its way
      if (held === use) await holder.changeTtl(ttlMs, signal);
    }
  }
}
