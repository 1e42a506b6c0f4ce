import type { Clock } from "../src/clock.ts";

/** Rounds of the event loop in which promise chains that need no time may come to rest. */
const SETTLE_ROUNDS = 10;

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/**
 * A clock that stands still until a test moves it. Sleepers wake in the order in which they are
 * due, those due together in the order in which they fell asleep, and what a sleeper started comes
 * to rest before the next one wakes: the same test always sees the same order.
 */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #sleepers = new Set<Sleeper>();

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper: Sleeper = { dueMs: this.#nowMs + Math.max(0, ms), wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", wake);
    });
  }

  /** How many sleepers wait: 0 when everything that used this clock has ended. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  /** Moves the hands by `ms`, waking every sleeper that falls due on the way. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await this.settle();
    for (;;) {
      const next = this.#next();
      if (next === undefined || next.dueMs > endMs) break;
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.wake();
      await this.settle();
    }
    this.#nowMs = endMs;
  }

  /**
   * Moves the hands from one sleeper to the next until `probe` holds.
   * Fails, naming `what`, when it still does not hold `withinMs` later or nobody sleeps any more.
   */
  async until(what: string, probe: () => boolean, withinMs = 60_000): Promise<void> {
    const endMs = this.#nowMs + withinMs;
    await this.settle();
    while (!probe()) {
      const next = this.#next();
      if (next === undefined) throw new Error(`never: ${what} (nothing is left to wait for)`);
      if (next.dueMs > endMs) throw new Error(`not within ${withinMs} ms: ${what}`);
      await this.advance(next.dueMs - this.#nowMs);
    }
  }

  /** Lets everything run that needs no time. */
  async settle(): Promise<void> {
    for (let round = 0; round < SETTLE_ROUNDS; round += 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  #next(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (first === undefined || sleeper.dueMs < first.dueMs) first = sleeper;
    }
    return first;
  }
}
