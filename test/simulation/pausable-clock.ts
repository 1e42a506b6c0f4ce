import type { Clock } from "@fleet/core";

/**
 * The clock of a process that may be stopped as by SIGSTOP: time goes on, and nothing in the process
 * notices until it is woken. Whatever tells the process something waits until it is `awake`.
 */
export class PausableClock implements Clock {
  readonly #clock: Clock;
  #isPaused = false;
  readonly #sleepers: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    this.#isPaused = true;
  }

  wake(): void {
    this.#isPaused = false;
    for (const wakeOne of this.#sleepers.splice(0)) wakeOne();
  }

  /** Resolves at once, or as soon as the process is no longer paused. */
  async awake(): Promise<void> {
    while (this.#isPaused) {
      await new Promise<void>((resolve) => {
        this.#sleepers.push(resolve);
      });
    }
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, signal);
    await this.awake();
  }
}
