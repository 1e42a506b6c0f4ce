import type { Task } from "./tasks.ts";

/**
 * What a task comes down to. Unloading is a stop that has to end and then a removal, loading is
 * a file that has to be fetched and then an installation.
 */
export type StepKind = "fetch" | "stop" | "remove" | "install" | "start";

export interface Step {
  readonly kind: StepKind;
  /** The task that the step belongs to; a fetch belongs to the load it is for. */
  readonly task: Task;
}

/** How far a unit has come with tasks that take more than one step. */
export interface Progress {
  /** The wanted file is at hand. */
  readonly fetched: boolean;
  /** The stop that an unload begins with has ended. */
  readonly stopped: boolean;
}

/**
 * The first step of `tasks`, or undefined when there is none. The new file is fetched before
 * the old one is touched: a file that cannot be had never costs a running unit its life.
 */
export function nextStep(tasks: readonly Task[], progress: Progress): Step | undefined {
  const [first] = tasks;
  if (first === undefined) return undefined;
  const load = tasks.find((task) => task.kind === "load");
  if (load !== undefined && !progress.fetched) return { kind: "fetch", task: load };
  if (first.kind === "unload") return { kind: progress.stopped ? "remove" : "stop", task: first };
  if (first.kind === "load") return { kind: "install", task: first };
  return { kind: first.kind, task: first };
}
