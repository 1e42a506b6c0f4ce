import type { DropOutcome } from "./decide-drop.ts";

/** How many files have effect, cannot be used, or are about somebody else's unit. */
export interface DropCounts {
  readonly submitted: number;
  readonly invalid: number;
  readonly refused: number;
}

/** What became of each name, and what was said of it. */
export class DropStandings {
  readonly #outcomes = new Map<
    string,
    { readonly outcome: DropOutcome; readonly problem: string }
  >();

  /** Remembers; false when exactly this was known before. */
  note(name: string, outcome: DropOutcome, problem: string): boolean {
    const before = this.#outcomes.get(name);
    if (isGone(outcome)) this.#outcomes.delete(name);
    else this.#outcomes.set(name, { outcome, problem });
    return before?.outcome !== outcome || before.problem !== problem;
  }

  counts(): DropCounts {
    const counts = { submitted: 0, invalid: 0, refused: 0 };
    for (const { outcome } of this.#outcomes.values()) {
      counts[outcome === "invalid" || outcome === "refused" ? outcome : "submitted"] += 1;
    }
    return counts;
  }
}

function isGone(outcome: DropOutcome): boolean {
  return outcome === "destroyed" || outcome === "left" || outcome === "forgotten";
}
