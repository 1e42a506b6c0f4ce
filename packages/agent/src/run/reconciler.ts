import { childOf, type Clock, Latch, type Logger, type UnitName } from "@fleet/core";
import type { AgentRegistry, ScheduleEntry } from "@fleet/registry";
import type { UnitManager } from "@fleet/systemd";
import { ActualReader } from "./actual-reader.ts";
import { BatchLane, type Planner } from "./batches.ts";
import { InFlight } from "./in-flight.ts";
import { JobSteps } from "./job-steps.ts";
import { nextStep, type Step } from "../plan/next-step.ts";
import { planTasks } from "../plan/plan-tasks.ts";
import type { StepContext } from "./step-context.ts";
import type { Task } from "../plan/tasks.ts";
import { reportOf, type UnitReport } from "../publish/unit-report.ts";
import { hasRoomFor, isBusy, retryNow, type BatchKind, type UnitWork } from "./unit-work.ts";
import type { WorkList } from "../plan/work-list.ts";
import { WorkTable } from "./work-table.ts";

export interface ReconcilerDeps {
  readonly units: Pick<UnitManager, "install" | "remove" | "start" | "stop" | "installed">;
  readonly files: Pick<AgentRegistry, "unitFiles">;
  readonly wishes: Pick<WorkList, "fresh" | "wish" | "units">;
  /** False when the lease may be over: what the list says may then be somebody else's by now. */
  readonly present: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onTask: (task: Task, error: string | undefined) => void;
  readonly onJob?: NonNullable<StepContext["onJob"]>;
  readonly onStarted?: NonNullable<StepContext["onStarted"]>;
  /** What is published of this unit may have changed. */
  readonly onChanged: (unit: UnitName) => void;
}

/** The longest time between two rounds; each is only a look at what is due. */
const TURN_MS_MAX = 30_000;

interface Steps {
  readonly jobs: JobSteps;
  readonly lanes: Readonly<Record<BatchKind, BatchLane>>;
}

/**
 * Makes the machine what its work list says, one unit at a time and all of them side by side. It
 * plans afresh after each step, from what is then wished and what is then there, so a newer wish
 * supersedes an older one by itself. Without a fresh list it begins nothing.
 */
export class Reconciler {
  readonly #deps: ReconcilerDeps;
  readonly #table = new WorkTable();
  readonly #toLookAt = new Set<UnitName>();
  readonly #wake = new Latch();
  readonly #inFlight = new InFlight(() => this.#wake.set());
  readonly #reader: ActualReader;
  #signal: AbortSignal = AbortSignal.abort();

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps;
    this.#reader = new ActualReader({
      clock: deps.clock,
      log: deps.log,
      read: () => deps.units.installed(this.#signal),
      moment: () => this.#table.moment,
      onRead: (installed, moment) => {
        this.#table.adopt(installed, moment);
        this.#lookAtAll();
        // Whoever publishes may have asked before this was known.
        for (const unit of this.#table.units()) deps.onChanged(unit);
      },
    });
  }

  /** Units that are installed, should be, or fail to be, in byte order. */
  units(): readonly UnitName[] {
    return this.#table.units();
  }

  report(unit: UnitName): UnitReport {
    return reportOf(this.#table.get(unit), this.#deps.wishes.wish(unit), this.#reader.known);
  }

  /** The unit runs: what its last start job complained about is over. */
  sawActive(unit: UnitName): void {
    const work = this.#table.get(unit);
    if (work !== undefined && work.job === undefined) work.jobError = undefined;
  }

  /** The wishes for these units changed: act at once, whatever failed before. */
  wishesChanged(units: readonly UnitName[]): void {
    const nowMs = this.#deps.clock.monotonicMs();
    for (const unit of units) {
      const work = this.#table.of(unit);
      retryNow(work, nowMs);
      work.wishedAtMs = nowMs;
      this.#toLookAt.add(unit);
    }
    this.#wake.set();
  }

  /** The work list is complete and current again: compare all of it. */
  listIsFresh(): void {
    this.#retryAll();
    this.#lookAtAll();
  }

  /** systemd was away: what was read of it before may be wrong. */
  resync(): void {
    this.#retryAll();
    this.#reader.expire();
    this.#wake.set();
  }

  /** Works until `signal` aborts, then waits for what it has begun to return. Once only. */
  async run(signal: AbortSignal): Promise<void> {
    const life = childOf(signal);
    this.#signal = life.signal;
    const context = this.#context(life.signal);
    const planner: Planner = {
      stepOf: (work) => this.#stepOf(work),
      wish: (unit) => this.#deps.wishes.wish(unit),
    };
    const lanes = {
      fetch: new BatchLane("fetch", planner, context),
      remove: new BatchLane("remove", planner, context),
      install: new BatchLane("install", planner, context),
    };
    const steps: Steps = { jobs: new JobSteps(context), lanes };
    try {
      while (!signal.aborted) {
        this.#inFlight.rethrow();
        const waitMs = this.#turn(steps);
        await this.#wake.waitAtMost(waitMs, this.#deps.clock, signal);
      }
    } finally {
      life.end();
      await this.#inFlight.settled();
    }
    this.#inFlight.rethrow();
  }

  #context(signal: AbortSignal): StepContext {
    const { onChanged: changed, ...deps } = this.#deps;
    const look = (unit: UnitName): void => {
      this.#toLookAt.add(unit);
      this.#wake.set();
    };
    const table = this.#table;
    return { ...deps, table, signal, look, changed };
  }

  /** One round: what is due again, then every unit to look at. Milliseconds until the next. */
  #turn(steps: Steps): number {
    const { retryMs, unsure } = this.#lookAtRetries();
    this.#pass(steps);
    const readMs = this.#reader.waitMs(unsure && this.#mayAct());
    if (readMs === 0) this.#begin(this.#reader.read().finally(() => this.#wake.set()));
    const nextReadMs = readMs === undefined || readMs === 0 ? TURN_MS_MAX : readMs;
    return Math.min(retryMs, nextReadMs, TURN_MS_MAX);
  }

  /** Looks at failed units whose time has come, unless the machine must be read first. */
  #lookAtRetries(): { readonly retryMs: number; readonly unsure: boolean } {
    const nowMs = this.#deps.clock.monotonicMs();
    let retryMs = TURN_MS_MAX;
    let unsure = false;
    for (const { unit, retryAtMs, isUnsure } of this.#table.failures()) {
      if (retryAtMs > nowMs) retryMs = Math.min(retryMs, retryAtMs - nowMs);
      else if (isUnsure) unsure = true;
      else this.#toLookAt.add(unit);
    }
    return { retryMs, unsure };
  }

  /** Stops come first and starts last, so that what leaves makes room for what comes. */
  #pass({ jobs, lanes }: Steps): void {
    const looking = [...this.#toLookAt].toSorted();
    this.#toLookAt.clear();
    const starts: { readonly work: UnitWork; readonly task: Task }[] = [];
    for (const unit of looking) {
      const work = this.#table.of(unit);
      const step = this.#consider(work);
      if (step === undefined || !hasRoomFor(work, step.kind)) continue;
      if (step.kind === "start") starts.push({ work, task: step.task });
      else if (step.kind === "stop") this.#begin(jobs.stop(work, step.task));
      else lanes[step.kind].add(unit);
    }
    this.#begin(lanes.remove.run());
    this.#begin(lanes.install.run());
    this.#begin(lanes.fetch.run());
    for (const { work, task } of starts) this.#begin(jobs.start(work, task));
  }

  #consider(work: UnitWork): Step | undefined {
    const wish = this.#deps.wishes.wish(work.unit);
    if (wish === "frozen" || !this.#mayTouch(work, wish)) return undefined;
    const [first] = planTasks(wish, work.actual);
    if (first?.kind !== "unload") work.stopped = false;
    if (first !== undefined) return this.#stepOf(work);
    this.#settle(work, wish);
    return undefined;
  }

  /** What to do next for a unit; undefined when there is nothing to do, or not now. */
  #stepOf(work: UnitWork): Step | undefined {
    const wish = this.#deps.wishes.wish(work.unit);
    if (wish === "frozen" || !this.#mayTouch(work, wish)) return undefined;
    if (mustWait(work, this.#deps.clock.monotonicMs())) return undefined;
    const fetched = work.file !== undefined && work.file.hash === wish?.hash;
    return nextStep(planTasks(wish, work.actual), { fetched, stopped: work.stopped });
  }

  /** The unit is as wished. */
  #settle(work: UnitWork, wish: ScheduleEntry | undefined): void {
    if (isBusy(work)) return;
    work.wishedAtMs = undefined; // what comes later, such as a repair, is not for that wish
    work.replacing = false;
    work.file = undefined;
    if (work.failure !== undefined) {
      work.failure = undefined;
      this.#deps.onChanged(work.unit);
    }
    if (wish?.move !== undefined) this.#deps.onChanged(work.unit);
    if (wish !== undefined || work.actual !== undefined) return;
    this.#table.forget(work.unit);
    this.#deps.onChanged(work.unit);
  }

  #mayAct(): boolean {
    return this.#reader.known && this.#deps.wishes.fresh && this.#deps.present();
  }

  /** A unit that was stopped to be replaced is not left lying there because the store went away. */
  #mayTouch(work: UnitWork, wish: ScheduleEntry | undefined): boolean {
    return this.#mayAct() || (work.replacing && wish !== undefined);
  }

  #lookAtAll(): void {
    for (const unit of this.#table.units()) this.#toLookAt.add(unit);
    for (const unit of this.#deps.wishes.units()) this.#toLookAt.add(unit);
    this.#wake.set();
  }

  #retryAll(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    for (const { unit } of this.#table.failures()) retryNow(this.#table.of(unit), nowMs);
  }

  #begin(work: Promise<void>): void {
    this.#inFlight.begin(work, this.#signal);
  }
}

function mustWait(work: UnitWork, nowMs: number): boolean {
  return work.failure !== undefined && (work.unsure || work.failure.retryAtMs > nowMs);
}
