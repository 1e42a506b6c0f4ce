import type { ScheduleEntry } from "@fleet/registry";

/** What stands in a machine's work list for a unit. */
export type Placed = ScheduleEntry | "unreadable";

/** What the unit waits for before it is started there, in words; undefined when it does not wait. */
export function arrivalOf(placed: Placed | undefined): string | undefined {
  if (typeof placed !== "object") return undefined;
  return placed.move?.kind === "arriving" ? placed.move.waitsFor : undefined;
}

/** It is to run there, and need not wait for anything. */
export function isStarted(placed: Placed | undefined): boolean {
  return (
    typeof placed === "object" && placed.targetState === "launched" && placed.move === undefined
  );
}

/** Both ask the same of the machine, but for what the unit may be waiting for there. */
export function isSameEntry(one: Placed | undefined, other: Placed | undefined): boolean {
  if (typeof one !== "object" || typeof other !== "object") return one === other;
  return one.hash === other.hash && one.targetState === other.targetState;
}
