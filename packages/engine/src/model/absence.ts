/**
 * How the engine takes a machine. `present`: it may be given units. `held`: what is on it stays
 * and nothing is added. `gone`: a unit on it moves once another machine accepts it, and until then
 * keeps its entry, so that a machine that comes back finds its work list as it left it.
 * `forgotten`: its entries are removed.
 */
export type Standing = "present" | "held" | "gone" | "forgotten";

export interface AbsenceFacts {
  /** Its record is in the registry. */
  readonly present: boolean;
  /** Its record is in the registry and cannot be read. */
  readonly unreadable: boolean;
  /** For how long this leader has seen it away. */
  readonly absentMs: number;
}

/** After so long a machine is taken to be gone for good, and what is kept for it is collected. */
export const FORGET_AFTER_MS = 7 * 24 * 60 * 60 * 1000;

/** Decides what the absence of a machine means: the one place where it is decided. */
export function standingOf(facts: AbsenceFacts): Standing {
  if (facts.present) return "present";
  if (facts.unreadable) return "held";
  return facts.absentMs < FORGET_AFTER_MS ? "gone" : "forgotten";
}
