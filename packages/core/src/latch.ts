import { childOf } from "./child-signal.ts";
import type { Clock } from "./clock.ts";

/** Wakes one loop. Setting it many times before the loop looks wakes it once. */
export class Latch {
  #set = false;
  #wake: (() => void) | undefined;

  set(): void {
    this.#set = true;
    this.#wake?.();
  }

  /** Resolves once set, which it clears, or when `signal` aborts. One waiter at a time. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#set && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener("abort", wake);
          this.#wake = undefined;
          resolve();
        };
        this.#wake = wake;
        signal.addEventListener("abort", wake);
      });
    }
    if (!signal.aborted) this.#set = false;
  }

  /** As {@link wait}, but for no longer than `ms`. */
  async waitAtMost(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
    const limit = childOf(signal);
    void clock.sleep(ms, limit.signal).then(() => limit.end());
    await this.wait(limit.signal);
    limit.end();
  }
}
