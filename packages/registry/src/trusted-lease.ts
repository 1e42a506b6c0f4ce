import { onAbort } from "./signals.ts";
import type { Lease } from "./store.ts";

/** A lease that is lost, and kept alive no longer, once the etcd that granted it is not to be believed. */
export class TrustedLease implements Lease {
  readonly #lease: Lease;
  readonly #distrusted: AbortSignal;
  readonly #lost = new AbortController();
  readonly #releases: readonly (() => void)[];

  /** `distrusted` aborts with an Error that says why. */
  constructor(lease: Lease, distrusted: AbortSignal) {
    this.#lease = lease;
    this.#distrusted = distrusted;
    this.#releases = [
      onAbort(lease.lost, () => this.#lost.abort(lease.lost.reason)),
      onAbort(distrusted, () => {
        lease.abandon();
        this.#lost.abort(distrusted.reason);
      }),
    ];
  }

  get id(): string {
    return this.#lease.id;
  }

  get ttlMs(): number {
    return this.#lease.ttlMs;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  remainingMs(): number {
    return this.#lost.signal.aborted ? 0 : this.#lease.remainingMs();
  }

  steadySinceMs(): number {
    return this.#lease.steadySinceMs();
  }

  abandon(): void {
    this.#release();
    this.#lease.abandon();
  }

  async revoke(signal: AbortSignal): Promise<void> {
    this.#release();
    if (!this.#distrusted.aborted) return this.#lease.revoke(signal);
    this.#lease.abandon();
    this.#distrusted.throwIfAborted();
  }

  #release(): void {
    for (const release of this.#releases) release();
  }
}
