import { FleetError } from "@fleet/core";
import type { JobResult } from "@fleet/systemd";
import { JobSlots } from "./job-slots.ts";
import { taskCompleted, taskFailed, type StepContext } from "./step-context.ts";
import { REASONS, taskInWords, type Task } from "../plan/tasks.ts";
import type { Job, UnitWork } from "./unit-work.ts";

type Outcome =
  | { readonly kind: "ended"; readonly result: JobResult }
  | { readonly kind: "refused"; readonly message: string };

/** Starts and stops units, many at once; never throws what systemd refuses. */
export class JobSteps {
  readonly #context: StepContext;
  readonly #slots: JobSlots;

  constructor(context: StepContext) {
    this.#context = context;
    this.#slots = new JobSlots(context.clock);
  }

  /**
   * Starts the unit. A job that ran and failed is systemd's business from then on, as in fleet:
   * the unit counts as launched. Only what systemd refused or cancelled is tried again.
   */
  async start(work: UnitWork, task: Task): Promise<void> {
    const { units, signal, table } = this.#context;
    const job: Job = { kind: "start" };
    this.#begin(work, job);
    work.startOwed = false;
    work.jobError = undefined;
    if (work.actual !== undefined) work.actual = { ...work.actual, launched: true };
    const outcome = await this.#ask(work, job, () => units.start(task.unit, signal));
    if (outcome === undefined || work.job !== job) return;
    work.job = undefined;
    table.touch(work);
    this.#started(work, task, outcome);
    this.#context.changed(task.unit);
    this.#context.look(task.unit);
  }

  /** Stops the unit and waits for the end of it: only then is another file installed. */
  async stop(work: UnitWork, task: Task): Promise<void> {
    const { units, signal, table } = this.#context;
    const job: Job = { kind: "stop" };
    this.#begin(work, job);
    const outcome = await this.#ask(work, job, () => units.stop(task.unit, signal));
    if (outcome === undefined || work.job !== job) return;
    work.job = undefined;
    table.touch(work);
    this.#stopped(work, task, outcome);
    this.#context.changed(task.unit);
    this.#context.look(task.unit);
  }

  #begin(work: UnitWork, job: Job): void {
    work.job = job;
    work.stopped = false;
    this.#context.table.touch(work);
  }

  #started(work: UnitWork, task: Task, outcome: Outcome): void {
    const problem = problemOf("start", task, outcome);
    if (outcome.kind === "refused" || outcome.result === "canceled") {
      work.startOwed = true;
      if (work.actual !== undefined) work.actual = { ...work.actual, launched: false };
      const message = problem ?? "";
      return taskFailed(work, task, { message, unsure: true }, this.#context);
    }
    work.replacing = false;
    if (problem === undefined) {
      this.#observeStart(work);
      return taskCompleted(work, task, this.#context);
    }
    work.failure = undefined;
    work.jobError = problem;
    this.#context.log.warn({ unit: task.unit, reason: task.reason }, taskInWords(task, problem));
    this.#context.onTask(task, problem);
  }

  #observeStart(work: UnitWork): void {
    const { clock, onStarted } = this.#context;
    if (work.wishedAtMs !== undefined) onStarted?.(clock.monotonicMs() - work.wishedAtMs);
    work.wishedAtMs = undefined;
  }

  #stopped(work: UnitWork, task: Task, outcome: Outcome): void {
    const problem = problemOf("stop", task, outcome);
    if (problem !== undefined) {
      return taskFailed(work, task, { message: problem, unsure: true }, this.#context);
    }
    if (work.actual !== undefined) work.actual = { ...work.actual, launched: false };
    work.startOwed = false;
    work.jobError = undefined;
    if (task.kind === "stop") return taskCompleted(work, task, this.#context);
    this.#context.log.info({ unit: task.unit }, `Stopped unit(${task.unit})`);
    work.stopped = true;
    work.replacing = task.reason === REASONS.hashDiffers;
  }

  /** Undefined when the wait ended because the agent stops or a newer job took over. */
  async #ask(
    work: UnitWork,
    job: Job,
    request: () => Promise<JobResult>,
  ): Promise<Outcome | undefined> {
    const { signal, clock, onJob } = this.#context;
    try {
      return await this.#slots.run(async () => {
        if (work.job !== job || signal.aborted) return undefined;
        const sinceMs = clock.monotonicMs();
        const result = await request();
        onJob?.(job.kind, clock.monotonicMs() - sinceMs);
        return { kind: "ended", result };
      });
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof FleetError)) throw error;
      return { kind: "refused", message: error.message };
    }
  }
}

function problemOf(kind: Job["kind"], task: Task, outcome: Outcome): string | undefined {
  if (outcome.kind === "refused") return outcome.message;
  if (outcome.result === "done") return undefined;
  if (kind === "stop" && outcome.result === "skipped") return undefined;
  return `${kind} job of ${task.unit} failed: ${outcome.result}`;
}
