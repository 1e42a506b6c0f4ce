import { type Clock, type Logger, SystemdError, type UnitName } from "@fleet/core";

import { orAborted } from "../abort.ts";
import { Deferred } from "../deferred.ts";
import type { JobResult } from "../unit-manager.ts";
import type { Manager } from "./manager.ts";
import { Slots } from "./slots.ts";

export type JobKind = "start" | "stop";

/** A job that systemd has accepted. */
export interface Job {
  /** Waits for its end. When the signal aborts the job goes on, and nobody waits for it. */
  result(signal: AbortSignal): Promise<JobResult>;
}

export interface JobsDeps {
  readonly manager: Manager;
  readonly clock: Clock;
  readonly log: Logger;
}

interface OpenJob {
  readonly kind: JobKind;
  readonly unit: UnitName;
  readonly path: string;
  readonly result: Deferred<JobResult>;
  readonly ended: AbortController;
}

/** On a message bus every unfinished job costs systemd one of 512 match rules; beyond them it is cut off. */
const JOBS_LIMIT = 128;
const SLOW_JOBS_LIMIT = 256;
const WAITING_JOBS_LIMIT = 65_536;
/** After this a job counts as slow: it makes room for others, and systemd is asked whether it still exists. */
const SLOW_MS = 10_000;
const EARLY_RESULTS_LIMIT = 1_000;

/**
 * Queues systemd's jobs and waits for their results. 128 are under way at a time, and up to 256
 * more that have taken longer than 10 s, so that slow units do not hold up the others.
 */
export class Jobs {
  readonly #manager: Manager;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #slots = new Slots({ limit: JOBS_LIMIT, waitingLimit: WAITING_JOBS_LIMIT });
  readonly #open = new Map<string, OpenJob>();
  /** Results that came before the reply which names their job. */
  readonly #early = new Map<string, JobResult>();
  #asking = 0;
  #slow = 0;

  constructor({ manager, clock, log }: JobsDeps) {
    this.#manager = manager;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Asks systemd for a job. `beforeAsking` runs when it is this job's turn; from then on `signal`
   * no longer cancels the request, so that either systemd has the job or this throws.
   */
  async request(
    kind: JobKind,
    unit: UnitName,
    beforeAsking: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<Job> {
    await this.#slots.acquire(signal);
    try {
      await beforeAsking();
      const job = await this.#ask(kind, unit);
      void this.#supervise(job);
      return { result: (resultSignal) => orAborted(job.result.promise, resultSignal) };
    } catch (error) {
      this.#slots.release();
      throw error;
    }
  }

  /** Takes in the signal that says how a job ended. */
  onRemoved(path: string, result: JobResult): void {
    const job = this.#open.get(path);
    if (job !== undefined) this.#finish(job, result);
    else if (this.#asking > 0 && this.#early.size < EARLY_RESULTS_LIMIT) {
      this.#early.set(path, result);
    }
  }

  /** Signals may have been lost: asks systemd about every job that is waited for. */
  checkAll(): void {
    for (const job of this.#open.values()) void this.#check(job);
  }

  /** Nothing will be heard any more: whoever waits is told so. */
  close(): void {
    for (const job of this.#open.values()) {
      job.result.reject(new SystemdError(`the ${job.kind} of ${job.unit} is no longer watched`));
      this.#forget(job);
    }
  }

  async #ask(kind: JobKind, unit: UnitName): Promise<OpenJob> {
    const { signal } = new AbortController(); // never aborts: the call has its own deadline
    this.#asking += 1;
    try {
      const path =
        kind === "start"
          ? await this.#manager.startUnit(unit, signal)
          : await this.#manager.stopUnit(unit, signal);
      this.#log.info({ unit }, `Triggered systemd unit ${unit} ${kind}: job=${numberOf(path)}`);
      const result = new Deferred<JobResult>();
      result.promise.catch(() => {}); // nobody may be waiting any more
      const job: OpenJob = { kind, unit, path, result, ended: new AbortController() };
      const early = this.#early.get(path);
      if (early === undefined) this.#open.set(path, job);
      else this.#finish(job, early);
      return job;
    } finally {
      this.#asking -= 1;
      if (this.#asking === 0) this.#early.clear();
    }
  }

  /** Holds the job's slot while it is fast, and looks after it when it is not. */
  async #supervise(job: OpenJob): Promise<void> {
    const { signal } = job.ended;
    await this.#clock.sleep(SLOW_MS, signal);
    const isSlow = !signal.aborted && this.#slow < SLOW_JOBS_LIMIT;
    if (isSlow) {
      this.#slow += 1;
      this.#slots.release();
    }
    while (!signal.aborted) {
      await this.#check(job);
      await this.#clock.sleep(SLOW_MS, signal);
    }
    if (isSlow) this.#slow -= 1;
    else this.#slots.release();
  }

  /** A job that systemd no longer has, and whose result was not heard, is judged by its unit's state. */
  async #check(job: OpenJob): Promise<void> {
    const { signal } = job.ended;
    try {
      const path = await this.#manager.unitPath(job.unit, signal);
      const current = path === undefined ? undefined : await this.#manager.jobPath(path, signal);
      if (current === job.path) return;
      const state = await this.#manager.activeState(job.unit, signal);
      this.#finish(job, job.kind === "start" ? startedBy(state) : stoppedBy(state));
    } catch (error) {
      // The job has just ended, or systemd is away: the next check, at the latest, asks again.
      if (!signal.aborted && !(error instanceof SystemdError)) throw error;
    }
  }

  #finish(job: OpenJob, result: JobResult): void {
    job.result.resolve(result);
    this.#forget(job);
  }

  #forget(job: OpenJob): void {
    this.#open.delete(job.path);
    job.ended.abort("the job has ended"); // a reason costs less than the exception that stands in for it
  }
}

/**
 * What a start came to whose result was lost. A unit that is down without having failed counts as
 * started: a oneshot that ended well looks so, and starting it again would do its work twice.
 */
function startedBy(activeState: string): JobResult {
  if (activeState === "failed") return "failed";
  return activeState === "deactivating" ? "canceled" : "done";
}

function stoppedBy(activeState: string): JobResult {
  return activeState === "inactive" || activeState === "failed" ? "done" : "canceled";
}

/** `/org/freedesktop/systemd1/job/4711` is job 4711. */
function numberOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
