import type { Clock } from "@fleet/core";
import { linkSignals } from "./link-signals.ts";

/** Wakes one loop. Opened many times before the loop looks, it wakes it once. */
export class Latch {
  #open = false;
  #wake: (() => void) | undefined;

  open(): void {
    this.#open = true;
    this.#wake?.();
  }

  /** Resolves once opened, which closes it again, or when `signal` aborts. One waiter at a time. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#open && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener("abort", wake);
          resolve();
        };
        this.#wake = wake;
        signal.addEventListener("abort", wake);
      });
      this.#wake = undefined;
    }
    if (!signal.aborted) this.#open = false;
  }

  /** As {@link wait}, but for no longer than `ms`. */
  async waitAtMost(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
    using limit = linkSignals(signal);
    void clock.sleep(ms, limit.signal).then(() => limit.abort());
    await this.wait(limit.signal);
  }
}
