/** How a unit of the in-memory systemd behaves; whatever is left out happens well and at once. */
export interface UnitBehaviour {
  /**
   * What a start leads to: a unit that `runs`, one that `exits` by itself with success (oneshot),
   * one that is not started since a condition does not hold (`skips`), one whose start job `fails`, one whose start job is done but that `crashes` right after it, or
   * one that systemd `refuses` to start at all (a bad setting). Absent: `runs`.
   */
  readonly start?: "runs" | "exits" | "skips" | "fails" | "crashes" | "refused";
  /** How long the start job takes. Absent: 0. */
  readonly startMs?: number;
  /** How long a stop takes. Absent: 0. */
  readonly stopMs?: number | "never";
}

/** Something that happened to a unit's processes, with the clock's monotonic time. */
export interface JournalEntry {
  readonly atMs: number;
  readonly unit: string;
  /** `start`: its processes begin; `stop`: they are told to end; `end`: none of them is left. */
  readonly kind: "start" | "stop" | "end";
}
