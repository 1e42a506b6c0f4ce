import { setImmediate } from "node:timers/promises";

import type { Clock } from "@fleet/core";

import type { Connection } from "./connection.ts";
import { askedAt, silentInMs, type Unanswered } from "./silence.ts";

/**
 * A network that loses packets tells nobody, and TCP tries ever more rarely: a connection is hung for as long again as
 * the network was away.
 */
const SILENT_MS_MAX = 2_000;
/** TCP tries for a connection at once, after 1 and after 3 s, then after 7, 15, 31 and 63 s. */
const CONNECTING_MS_MAX = 4_000;
/** Another connection to a member that has no time for the first would only be more work. */
const FIRST_WORD_MS_MAX = 15_000;
/** A line that is slower than was thought. */
const PATIENCE_MS_MAX = 15_000;
const PATIENCE_LASTS_MS = 60_000;

export interface SilenceGuardDeps {
  readonly connection: Pick<Connection, "heard" | "stage" | "drop">;
  readonly clock: Clock;
  /** An answer that takes no longer is in time. */
  readonly requestTimeoutMs: number;
  /** Aborts when the store is closed. */
  readonly closed: AbortSignal;
}

/**
 * Drops the connection to a member of which nothing at all is heard though it was asked. One that could be replaced at
 * once may only be slow: the next has twice the time, so that late answers can come.
 */
export class SilenceGuard {
  readonly #deps: SilenceGuardDeps;
  readonly #silentMs: number;
  #patience = { limitMs: 0, untilMs: 0 };
  #unanswered: Unanswered | undefined;

  constructor(deps: SilenceGuardDeps) {
    this.#deps = deps;
    this.#silentMs = Math.max(SILENT_MS_MAX, deps.requestTimeoutMs);
  }

  /** To be told of all that the member has to answer. */
  asked(): void {
    const { connection, clock } = this.#deps;
    const isWaiting = this.#unanswered !== undefined;
    this.#unanswered = askedAt(this.#unanswered, connection.heard, clock.monotonicMs());
    if (!isWaiting) void this.#wait();
  }

  async #wait(): Promise<void> {
    const { connection, clock, closed } = this.#deps;
    while (this.#unanswered !== undefined && !closed.aborted) {
      const limitMs = this.#limitMs();
      const nowMs = clock.monotonicMs();
      const leftMs = silentInMs(this.#unanswered, connection.heard, nowMs, limitMs);
      if (leftMs !== undefined && leftMs > 0) {
        // The limit may be another by then.
        await clock.sleep(Math.min(leftMs, this.#silentMs), closed);
        // Where this process was held up, what has come meanwhile is read first.
        await setImmediate();
        continue;
      }
      this.#unanswered = undefined;
      if (leftMs === 0) this.#drop(limitMs);
    }
  }

  #limitMs(): number {
    const { connection, clock } = this.#deps;
    switch (connection.stage) {
      case "connecting":
        return Math.max(CONNECTING_MS_MAX, this.#silentMs);
      case "accepted":
        return Math.max(FIRST_WORD_MS_MAX, this.#silentMs);
      case "speaking": {
        const { limitMs, untilMs } = this.#patience;
        return clock.monotonicMs() < untilMs ? Math.max(limitMs, this.#silentMs) : this.#silentMs;
      }
    }
  }

  #drop(limitMs: number): void {
    const { connection, clock } = this.#deps;
    const isSlow = connection.stage === "speaking";
    const untilMs = isSlow ? clock.monotonicMs() + PATIENCE_LASTS_MS : 0;
    this.#patience = { limitMs: Math.min(2 * limitMs, PATIENCE_MS_MAX), untilMs };
    connection.drop();
  }
}
