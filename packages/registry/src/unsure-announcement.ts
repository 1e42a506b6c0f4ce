import type { Lease, Revision } from "./store.ts";

/**
 * What is kept of an announcement of which nobody knows whether it was written, for the next attempt. Its lease is kept alive,
 * and used again: a machine that is there must not end for the others while it tries to say so.
 */
export class UnsureAnnouncement {
  /** When the machine's record was last seen to be written: what the next attempt begins with; 0: never. */
  recordRevision: Revision = 0;
  #kept: { readonly lease: Lease; readonly ttlMs: number } | undefined;

  /** The lease that is kept, if it lasts `ttlMs` and is not over, or a new one. */
  async take(ttlMs: number, grant: () => Promise<Lease>): Promise<Lease> {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept?.ttlMs === ttlMs && kept.lease.remainingMs() > 0) return kept.lease;
    kept?.lease.abandon();
    return grant();
  }

  keep(lease: Lease, ttlMs: number): void {
    this.#kept = { lease, ttlMs };
  }
}
