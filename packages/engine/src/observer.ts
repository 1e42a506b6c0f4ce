import type { Task, UnassignCause } from "./plan/decision.ts";

/** What a decision makes the engine do. */
export type TaskKind = Task["kind"];

/**
 * Why a pass was not satisfied: a unit's machine went away, its machine no longer accepts it, or no
 * machine does.
 */
export type Setback = "machine-gone" | "refused" | "waiting";

/** Why a unit that is wanted left a machine. */
export type MoveCause = Extract<
  UnassignCause["kind"],
  "machine-gone" | "refused" | "displaced" | "surplus"
>;

/** Hears what the engine does, for metrics. Every method returns at once. */
export interface EngineObserver {
  /** Since when this machine leads (milliseconds since the epoch), or that it no longer does. */
  leading(sinceMs: number | undefined): void;
  /** One pass is over: events taken in, planned and written. */
  passDone(durationMs: number): void;
  /** A task is known to be written. */
  taskDone(kind: TaskKind): void;
  /** A task was not written, or its outcome is unknown. */
  taskFailed(kind: TaskKind): void;
  setback(kind: Setback): void;
  /** A unit was given a machine, so long after the change that called for it was heard of. */
  placed(latencyMs: number): void;
  /** A unit was taken off a machine that it was to run on. */
  moved(cause: MoveCause): void;
  /** How many machines are held: their units do not move, since too many were lost together. */
  held(machines: number): void;
  /** How many values in the registry the leader cannot read; 0 where it does not lead. */
  unreadable(values: number): void;
  /** How many units stay where they were because they failed, ended or were skipped where they were moved to. */
  kept(units: number): void;
}

export const silentObserver: EngineObserver = {
  leading: () => {},
  passDone: () => {},
  taskDone: () => {},
  taskFailed: () => {},
  setback: () => {},
  placed: () => {},
  moved: () => {},
  held: () => {},
  unreadable: () => {},
  kept: () => {},
};
