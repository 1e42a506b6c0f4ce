import type { UnitName } from "@fleet/core";
import type { MovePolicy } from "./model/absence.ts";
import type { Dirty } from "./model/marks.ts";
import type { Decision } from "./plan/decision.ts";

/** What was postponed is looked at again so often: a plan for every single unit would cost too much. */
const EVERY_MS = 100;

/**
 * How many units may leave machines that are gone: as many as in one second at once, and then so
 * many a second.
 */
export class MoveBudget {
  readonly #policy: Pick<MovePolicy, "movesPerSecond">;
  readonly #postponed = new Set<UnitName>();
  #left: number;
  #renewedAtMs = Number.NEGATIVE_INFINITY;

  constructor(policy: Pick<MovePolicy, "movesPerSecond">) {
    this.#policy = policy;
    this.#left = policy.movesPerSecond;
  }

  get left(): number {
    return Math.floor(this.#left);
  }

  /** When what was postponed is due (monotonic milliseconds). */
  get dueAtMs(): number {
    return this.#postponed.size === 0 ? Number.POSITIVE_INFINITY : this.#renewedAtMs + EVERY_MS;
  }

  /**
   * Lets time pass, and marks as many of what was postponed as may move now, those that wait longest
   * first: to look at all of them each time would cost the square of their number.
   */
  renew(nowMs: number, dirty: Dirty): void {
    if (nowMs - this.#renewedAtMs < EVERY_MS) return;
    const { movesPerSecond } = this.#policy;
    const earned = (movesPerSecond * (nowMs - this.#renewedAtMs)) / 1_000;
    this.#left = Math.min(movesPerSecond, this.#left + earned);
    this.#renewedAtMs = nowMs;
    let { left } = this;
    for (const unit of this.#postponed) {
      if (left === 0) return;
      left -= 1;
      this.#postponed.delete(unit);
      dirty.enter(unit, "anywhere");
    }
  }

  /** Takes in what a plan came to. */
  spend(decisions: readonly Decision[]): void {
    for (const decision of decisions) {
      if (decision.kind === "postpone") this.#postponed.add(decision.unit);
      if (decision.kind !== "unassign" || decision.cause.kind !== "machine-gone") continue;
      this.#left = Math.max(0, this.#left - 1);
    }
  }
}
