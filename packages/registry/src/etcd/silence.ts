/** A member has been asked, and nothing has come from it since. */
export interface Unanswered {
  /** How much had been heard of it by then. */
  readonly heard: number;
  readonly sinceMs: number;
}

/** The member is asked at `nowMs`; `before` is what was unanswered until then. */
export function askedAt(before: Unanswered | undefined, heard: number, nowMs: number): Unanswered {
  return before?.heard === heard ? before : { heard, sinceMs: nowMs };
}

/** How long until it counts as silent, 0 when it does; undefined when something was heard of it. */
export function silentInMs(
  { heard: heardBefore, sinceMs }: Unanswered,
  heard: number,
  nowMs: number,
  limitMs: number,
): number | undefined {
  return heard === heardBefore ? Math.max(0, sinceMs + limitMs - nowMs) : undefined;
}
