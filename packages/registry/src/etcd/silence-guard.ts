import { setImmediate } from "node:timers/promises";

import type { Clock } from "@fleet/core";

import type { Connection } from "./connection.ts";
import { askedAt, silentInMs, type Unanswered } from "./silence.ts";

/**
 * A network that loses packets tells nobody, and TCP tries ever more rarely: a connection is hung for as long again as
 * the network was away, an attempt at one for up to a minute.
 */
const SILENT_MS_MAX = 2_000;
/** Another connection to a member that has no time for the first would only be more work. */
const FIRST_WORD_MS_MAX = 15_000;

export interface SilenceGuardDeps {
  readonly connection: Pick<Connection, "heard" | "isFresh" | "drop">;
  readonly clock: Clock;
  /** An answer that takes no longer is in time. */
  readonly requestTimeoutMs: number;
  /** Aborts when the store is closed. */
  readonly closed: AbortSignal;
}

/** Drops the connection to a member of which nothing at all is heard though it was asked. */
export class SilenceGuard {
  readonly #deps: SilenceGuardDeps;
  #unanswered: Unanswered | undefined;

  constructor(deps: SilenceGuardDeps) {
    this.#deps = deps;
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
      const leftMs = this.#silentInMs(this.#unanswered);
      if (leftMs !== undefined && leftMs > 0) {
        await clock.sleep(leftMs, closed);
        // Where this process was held up, what has come meanwhile is read first.
        await setImmediate();
        continue;
      }
      this.#unanswered = undefined;
      if (leftMs === 0) connection.drop();
    }
  }

  #silentInMs(unanswered: Unanswered): number | undefined {
    const { connection, clock, requestTimeoutMs } = this.#deps;
    const limitMs = connection.isFresh
      ? FIRST_WORD_MS_MAX
      : Math.max(SILENT_MS_MAX, requestTimeoutMs);
    return silentInMs(unanswered, connection.heard, clock.monotonicMs(), limitMs);
  }
}
