import type { Clock } from "@fleet/core";

/** Requests that may be on their way to systemd at once. */
const SLOTS_MAX = 64;
/** A job that takes longer is systemd's to wait for: it no longer keeps others from being asked for. */
const SLOT_HELD_MS_MAX = 250;

/** Bounds how many jobs are asked for at once without letting slow ones hold up the rest. */
export class JobSlots {
  readonly #clock: Clock;
  #free = SLOTS_MAX;
  readonly #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `work` when a slot is free, first come first served. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#take();
    const held = new AbortController();
    const release = (): void => {
      if (held.signal.aborted) return;
      held.abort("released"); // a reason costs less than the exception that stands in for it
      this.#give();
    };
    void this.#clock.sleep(SLOT_HELD_MS_MAX, held.signal).then(release);
    try {
      return await work();
    } finally {
      release();
    }
  }

  async #take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
