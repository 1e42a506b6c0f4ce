import { SystemdError } from "@fleet/core";

import { orAborted } from "../abort.ts";
import { Deferred } from "../deferred.ts";

/** Keeps what is under way at a time within a limit; who comes first is served first. */
export class Slots {
  readonly #limit: number;
  readonly #waitingLimit: number;
  readonly #waiting = new Set<Deferred<void>>();
  #taken = 0;

  constructor(options: { readonly limit: number; readonly waitingLimit: number }) {
    this.#limit = options.limit;
    this.#waitingLimit = options.waitingLimit;
  }

  /**
   * Waits for a slot; the caller must call `release` once for each slot it got.
   * @throws {SystemdError} at once when too many wait already.
   */
  async acquire(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#taken < this.#limit) {
      this.#taken += 1;
      return;
    }
    if (this.#waiting.size >= this.#waitingLimit) {
      throw new SystemdError(`more than ${this.#waitingLimit} requests to systemd are waiting`);
    }
    const turn = new Deferred<void>();
    this.#waiting.add(turn);
    try {
      await orAborted(turn.promise, signal);
    } catch (error) {
      // Given up in the same moment in which the turn came: it belongs to the next one.
      if (!this.#waiting.delete(turn)) this.release();
      throw error;
    }
  }

  /** Hands the slot to the one that waits longest. */
  release(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken -= 1;
      return;
    }
    this.#waiting.delete(next);
    next.resolve();
  }
}
