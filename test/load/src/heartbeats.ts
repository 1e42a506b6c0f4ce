import type { Clock } from "@fleet/core";
import type { Presence } from "@fleet/registry";

const SAMPLE_EVERY_MS = 100;

export interface HeartbeatReport {
  /** The longest time between two keep-alives that etcd acknowledged, by when they were sent. */
  readonly worstGapMs: number;
  readonly acknowledged: number;
  /** Presences that were lost. */
  readonly lost: number;
  /** Presences that last. */
  readonly held: number;
}

/** Looks at how long each lease of many machines holds: when that jumps, a keep-alive was acknowledged. */
export class Heartbeats {
  readonly #clock: Clock;
  /** Until when each is known to hold (monotonic milliseconds). */
  readonly #holdsUntilMs = new Map<Presence, number>();
  #worstGapMs = 0;
  #acknowledged = 0;
  #lost = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(presence: Presence): void {
    this.#holdsUntilMs.set(presence, this.#holdUntilMs(presence));
    const lose = (): void => {
      this.#lost += 1;
      this.#holdsUntilMs.delete(presence);
    };
    presence.lost.addEventListener("abort", lose, { once: true });
    if (presence.lost.aborted) lose();
  }

  /** What was seen since the last time. */
  take(): HeartbeatReport {
    const report = {
      worstGapMs: this.#worstGapMs,
      acknowledged: this.#acknowledged,
      lost: this.#lost,
      held: this.#holdsUntilMs.size,
    };
    this.#worstGapMs = 0;
    this.#acknowledged = 0;
    this.#lost = 0;
    return report;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const [presence, beforeMs] of this.#holdsUntilMs) this.#look(presence, beforeMs);
      await this.#clock.sleep(SAMPLE_EVERY_MS, signal);
    }
  }

  #look(presence: Presence, beforeMs: number): void {
    const untilMs = this.#holdUntilMs(presence);
    // Both clock readings are whole milliseconds.
    if (untilMs <= beforeMs + 1) return;
    this.#holdsUntilMs.set(presence, untilMs);
    this.#acknowledged += 1;
    this.#worstGapMs = Math.max(this.#worstGapMs, untilMs - beforeMs);
  }

  #holdUntilMs(presence: Presence): number {
    return this.#clock.monotonicMs() + presence.remainingMs();
  }
}
