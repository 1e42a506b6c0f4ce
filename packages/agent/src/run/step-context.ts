import type { Clock, Logger, UnitName } from "@fleet/core";
import type { AgentRegistry } from "@fleet/registry";
import type { UnitManager } from "@fleet/systemd";
import { taskInWords, type Task } from "../plan/tasks.ts";
import { putOff, type UnitWork } from "./unit-work.ts";
import type { WorkTable } from "./work-table.ts";

/** What every step needs to act and to say how it went. */
export interface StepContext {
  readonly units: Pick<UnitManager, "install" | "remove" | "start" | "stop" | "installed">;
  readonly files: Pick<AgentRegistry, "unitFiles">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly table: WorkTable;
  /** Ends with the agent's run. */
  readonly signal: AbortSignal;
  readonly onTask: (task: Task, error: string | undefined) => void;
  readonly onJob?: (kind: "start" | "stop", durationMs: number) => void;
  readonly onStarted?: (sinceWishMs: number) => void;
  /** Plan this unit again. */
  look(unit: UnitName): void;
  /** What is published of this unit may have changed. */
  changed(unit: UnitName): void;
}

/** A task came to its end: the unit's failures are forgotten. */
export function taskCompleted(work: UnitWork, task: Task, context: StepContext): void {
  work.failure = undefined;
  work.unsure = false;
  context.log.info({ unit: task.unit, reason: task.reason }, taskInWords(task));
  context.onTask(task, undefined);
}

/** How a step failed: readable, and whether it may have changed the machine all the same. */
export interface StepProblem {
  readonly message: string;
  readonly unsure: boolean;
}

/** A task failed: it is put off, and its error shows in the unit's state until it succeeds. */
export function taskFailed(
  work: UnitWork,
  task: Task,
  problem: StepProblem,
  context: StepContext,
): void {
  const isNew = putOff(work, problem.message, context.clock.monotonicMs());
  work.unsure = problem.unsure;
  context.table.failed(work);
  const facts = { unit: task.unit, reason: task.reason, attempts: work.failure?.attempts };
  const line = taskInWords(task, problem.message);
  if (isNew) context.log.warn(facts, line);
  else context.log.debug(facts, line);
  context.onTask(task, problem.message);
  context.changed(task.unit);
}
