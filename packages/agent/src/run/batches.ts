import type { UnitName } from "@fleet/core";
import { fetchFiles, installFiles, removeUnits, type BatchProblems } from "./batch-steps.ts";
import type { Step } from "../plan/next-step.ts";
import { taskCompleted, taskFailed, type StepContext } from "./step-context.ts";
import { hasRoomFor, type BatchKind, type UnitWork } from "./unit-work.ts";
import type { Wish } from "../plan/work-list.ts";

/** Units in one call. More wait for the next call of their kind. */
const BATCH_UNITS_MAX = 256;

/** What a lane asks about a unit just before it acts: the wish may have changed since. */
export interface Planner {
  stepOf(work: UnitWork): Step | undefined;
  wish(unit: UnitName): Wish;
}

/**
 * One lane for one kind of batch: a call at a time, and whatever gathers meanwhile goes into the
 * next. So a burst of units becomes a handful of calls, without waiting for anything.
 */
export class BatchLane {
  readonly #kind: BatchKind;
  readonly #planner: Planner;
  readonly #context: StepContext;
  readonly #waiting = new Set<UnitName>();
  #running = false;

  constructor(kind: BatchKind, planner: Planner, context: StepContext) {
    this.#kind = kind;
    this.#planner = planner;
    this.#context = context;
  }

  add(unit: UnitName): void {
    this.#waiting.add(unit);
  }

  /** Begins the next batch, unless one is under way or nothing waits. Resolves when it is over. */
  async run(): Promise<void> {
    if (this.#running) return;
    const members = this.#take();
    if (members.length === 0) return;
    this.#running = true;
    for (const { work } of members) this.#setBatch(work, this.#kind);
    const problems = await this.#call(members.map(({ work }) => work));
    this.#running = false;
    for (const { work, step } of members) {
      this.#setBatch(work, undefined);
      this.#finish(work, step, problems);
      this.#context.look(work.unit);
    }
  }

  #setBatch(work: UnitWork, batch: BatchKind | undefined): void {
    work.batch = batch;
    if (this.#kind !== "fetch") this.#context.table.touch(work);
  }

  #take(): readonly { readonly work: UnitWork; readonly step: Step }[] {
    const members = [];
    for (const unit of [...this.#waiting].toSorted()) {
      if (members.length === BATCH_UNITS_MAX) break;
      this.#waiting.delete(unit);
      const work = this.#context.table.of(unit);
      const step = this.#planner.stepOf(work);
      if (step?.kind !== this.#kind || !hasRoomFor(work, step.kind)) this.#context.look(unit);
      else members.push({ work, step });
    }
    return members;
  }

  async #call(works: readonly UnitWork[]): Promise<BatchProblems> {
    if (this.#kind === "install") return installFiles(works, this.#context);
    if (this.#kind === "remove") return removeUnits(works, this.#context);
    const wanted = works.flatMap((work) => {
      const entry = this.#planner.wish(work.unit);
      return entry === undefined || entry === "frozen" ? [] : [{ work, entry }];
    });
    return fetchFiles(wanted, this.#context);
  }

  #finish(work: UnitWork, step: Step, problems: BatchProblems): void {
    const problem = problems.get(work.unit);
    if (problem !== undefined) {
      work.stopped = false;
      return taskFailed(work, step.task, problem, this.#context);
    }
    if (this.#kind === "fetch") return;
    if (this.#kind === "remove") {
      work.stopped = false;
      work.jobError = undefined;
    }
    taskCompleted(work, step.task, this.#context);
    // A start follows at once and has its own news: publishing now would only delay them.
    if (this.#planner.stepOf(work)?.kind !== "start") this.#context.changed(work.unit);
  }
}
