import type { Clock } from "@fleet/core";

import type { LeaseTime } from "./store.ts";

const MS_PER_SECOND = 1_000;

const MARGIN_MS_MIN = 200;
const MARGIN_PER_TTL = 0.1;
/** Keep-alives are a third apart: what is shorter has cost nobody a lease. */
const INTERRUPTION_PER_TTL = 0.5;

/** What etcd's seconds mean: it leaves out what is less than a whole one of the time that remains. */
export function leaseTimeOf(remainingSeconds: number, ttlSeconds: number): LeaseTime {
  return {
    remainingMs: (remainingSeconds + 0.5) * MS_PER_SECOND,
    ttlMs: ttlSeconds * MS_PER_SECOND,
  };
}

/**
 * How long a lease is known to hold. etcd counts from when it handled a keep-alive; we count from
 * before we sent it and subtract a margin, so the holder gives up before etcd gives the lease away.
 */
export class LeaseTerm {
  readonly ttlMs: number;
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  readonly #over = new AbortController();
  #holdsUntilMs = 0;
  #sentAtMs: number;
  #steadySinceMs: number;

  /** `sentAtMs` is the monotonic time at which the request for the lease was sent. */
  constructor(clock: Clock, ttlMs: number, sentAtMs: number) {
    this.#clock = clock;
    this.ttlMs = ttlMs;
    this.#sentAtMs = sentAtMs;
    this.#steadySinceMs = sentAtMs;
    this.extend(sentAtMs);
    void this.#expire();
  }

  /** Aborts when the lease was lost, with the reason; not when it was given up. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Aborts when the lease was lost or given up: nobody needs to keep it alive any more. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  remainingMs(): number {
    if (this.#over.signal.aborted) return 0;
    return Math.max(0, this.#holdsUntilMs - this.#clock.monotonicMs());
  }

  /** Since when no interruption lasted for half of `ttlMs`: now, while one does. */
  steadySinceMs(): number {
    const nowMs = this.#clock.monotonicMs();
    return this.#isInterruption(nowMs) ? nowMs : this.#steadySinceMs;
  }

  /** A keep-alive that was sent at `sentAtMs` has been acknowledged. */
  extend(sentAtMs: number): void {
    const marginMs = Math.max(MARGIN_MS_MIN, this.ttlMs * MARGIN_PER_TTL);
    this.#holdsUntilMs = Math.max(this.#holdsUntilMs, sentAtMs + this.ttlMs - marginMs);
    // What was sent while nothing answered may be answered at its end.
    const nowMs = this.#clock.monotonicMs();
    if (this.#isInterruption(nowMs)) this.#steadySinceMs = nowMs;
    this.#sentAtMs = sentAtMs;
  }

  lose(reason: Error): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(reason);
    this.#lost.abort(reason);
  }

  /** The holder needs the lease no longer; `lost` stays silent. */
  giveUp(): void {
    this.#over.abort();
  }

  #isInterruption(nowMs: number): boolean {
    return nowMs - this.#sentAtMs > this.ttlMs * INTERRUPTION_PER_TTL;
  }

  async #expire(): Promise<void> {
    for (;;) {
      await this.#clock.sleep(this.remainingMs(), this.over);
      if (this.over.aborted) return;
      if (this.remainingMs() === 0) {
        return this.lose(new Error(`no keep-alive was acknowledged for ${this.ttlMs} ms`));
      }
    }
  }
}
