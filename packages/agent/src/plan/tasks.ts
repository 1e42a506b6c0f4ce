import type { UnitName } from "@fleet/core";

/** One step on this machine, with its reason in fleet's words (fleet 1.0.0's agent tasks). */
export interface Task {
  readonly kind: "unload" | "load" | "start" | "stop";
  readonly unit: UnitName;
  readonly reason: string;
}

/** Why a task is planned, letter for letter as fleet 1.0.0 logs it. */
export const REASONS = {
  notScheduled: "unit loaded but not scheduled here",
  hashDiffers: "unit loaded but hash differs to expected",
  notLoaded: "unit scheduled here but not loaded",
  shouldRun: "unit currently loaded but desired state is launched",
  purging: "purging agent",
  movedAway: "unit currently launched but moved to another machine",
  shouldRest: "unit currently launched but desired state is loaded",
} as const;

const FLEET_TYPES: Readonly<Record<Task["kind"], string>> = {
  unload: "UnloadUnit",
  load: "LoadUnit",
  start: "StartUnit",
  stop: "StopUnit",
};

/** The line for a task that ended: fleet's own, because scripts match it. */
export function taskInWords(task: Task, error?: string): string {
  const facts = `type=${FLEET_TYPES[task.kind]} job=${task.unit} reason="${task.reason}"`;
  if (error === undefined) return `AgentReconciler completed task: ${facts}`;
  return `AgentReconciler task failed: ${facts} err=${error}`;
}
