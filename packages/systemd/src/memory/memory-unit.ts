import { type Clock, type UnitRun, unitNameParts, untilAborted } from "@fleet/core";

import { Deferred } from "../deferred.ts";
import type { JobResult } from "../unit-manager.ts";
import type { JournalEntry, UnitBehaviour } from "./behaviour.ts";

/** What a unit needs of the systemd it belongs to. */
export interface MemoryUnitDeps {
  readonly clock: Clock;
  behaviour(): UnitBehaviour;
  changed(): void;
  note(kind: JournalEntry["kind"]): void;
}

interface Job {
  readonly kind: "start" | "stop";
  readonly result: Deferred<JobResult>;
  readonly abort: AbortController;
}

/** What systemd calls a unit of each type that is up. */
const SUB_STATES: ReadonlyMap<string, string> = new Map([
  ["automount", "waiting"],
  ["device", "plugged"],
  ["mount", "mounted"],
  ["path", "waiting"],
  ["scope", "running"],
  ["service", "running"],
  ["socket", "listening"],
  ["timer", "waiting"],
]);

const SIGTERM = 15;

/** One unit of the in-memory systemd: its state and its one job, as systemd's own rules have it. */
export class MemoryUnit {
  readonly #name: string;
  readonly #deps: MemoryUnitDeps;
  readonly #off = new AbortController();
  #active = "inactive";
  #sub = "dead";
  #job: Job | undefined;
  #ending: Promise<void> | undefined;
  /** How the last run went, in the words that a service has for it. */
  #run: UnitRun = {};

  constructor(name: string, deps: MemoryUnitDeps) {
    this.#name = name;
    this.#deps = deps;
  }

  get activeState(): string {
    return this.#active;
  }

  get subState(): string {
    return this.#sub;
  }

  get run(): UnitRun {
    return this.#run;
  }

  /** A start of what is up is done; one that follows a start joins it; one that follows a stop waits for its end. */
  async start(): Promise<JobResult> {
    if (this.#job?.kind === "start") return this.#job.result.promise;
    if (this.#job === undefined && this.#active === "active") return "done";
    const job = this.#replaceJob("start");
    void this.#runStart(job);
    return job.result.promise;
  }

  /** A stop of what is down is done; a stop takes the place of a start, whose result is then `canceled`. */
  async stop(): Promise<JobResult> {
    if (this.#job?.kind === "stop") return this.#job.result.promise;
    if (this.#job === undefined && !this.#hasProcesses()) return "done";
    const job = this.#replaceJob("stop");
    void this.#end().then(() => this.#finish(job, "done"));
    return job.result.promise;
  }

  /** Its processes die by themselves: the unit has failed. */
  crash(): void {
    if (this.#active !== "active") return;
    this.#deps.note("end");
    this.#run = { ...this.#run, result: "exit-code", exitStatus: 1 };
    this.#set("failed", "failed");
  }

  /** Forgets a failure, and how the last run went. */
  reset(): void {
    if (this.#active === "failed") this.#set("inactive", "dead");
    this.#run = {};
  }

  /** The machine goes down: nothing is left and nothing more happens. */
  powerOff(): void {
    this.#off.abort();
    if (this.#hasProcesses()) this.#deps.note("end");
    this.#active = "inactive";
    this.#sub = "dead";
    if (this.#job !== undefined) this.#finish(this.#job, "canceled");
  }

  async #runStart(job: Job): Promise<void> {
    await this.#ending;
    if (this.#stale(job)) return;
    if (this.#deps.behaviour().start === "skips") return this.#skip(job);
    this.#deps.note("start");
    this.#run = { result: "success", restarts: 0 };
    this.#set("activating", "start");
    const { start = "runs", startMs = 0 } = this.#deps.behaviour();
    await this.#sleep(startMs, job.abort.signal);
    if (this.#stale(job)) return;
    if (start === "runs") this.#set("active", this.#subStateWhenUp());
    else this.#exit(start === "exits");
    this.#finish(job, start === "fails" ? "failed" : "done");
  }

  /** Conditions did not hold: nothing of the unit changes, and the job is done. */
  #skip(job: Job): void {
    this.#run = { ...this.#run, isSkipped: true };
    this.#deps.changed();
    this.#finish(job, "done");
  }

  #exit(well: boolean): void {
    this.#deps.note("end");
    const result = well ? "success" : "exit-code";
    this.#run = { ...this.#run, result, exitStatus: well ? 0 : 1 };
    this.#set(well ? "inactive" : "failed", well ? "dead" : "failed");
  }

  /** Ends the processes once, however many ask; taking back the stop job does not bring them back. */
  async #end(): Promise<void> {
    if (!this.#hasProcesses()) return;
    this.#ending ??= this.#endNow().finally(() => (this.#ending = undefined));
    await this.#ending;
  }

  async #endNow(): Promise<void> {
    this.#deps.note("stop");
    this.#set("deactivating", "stop-sigterm");
    const { stopMs = 0 } = this.#deps.behaviour();
    if (stopMs === "never") await untilAborted(this.#off.signal);
    else await this.#sleep(stopMs, this.#off.signal);
    if (this.#off.signal.aborted) return;
    this.#deps.note("end");
    this.#run = { ...this.#run, exitSignal: SIGTERM };
    this.#set("inactive", "dead");
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (ms > 0) await this.#deps.clock.sleep(ms, signal);
  }

  #stale(job: Job): boolean {
    return this.#off.signal.aborted || this.#job !== job;
  }

  #hasProcesses(): boolean {
    return this.#active !== "inactive" && this.#active !== "failed";
  }

  #subStateWhenUp(): string {
    return SUB_STATES.get(unitNameParts(this.#name)?.type ?? "") ?? "active";
  }

  #replaceJob(kind: Job["kind"]): Job {
    const replaced = this.#job;
    this.#job = { kind, result: new Deferred(), abort: new AbortController() };
    replaced?.abort.abort();
    replaced?.result.resolve("canceled");
    return this.#job;
  }

  #finish(job: Job, result: JobResult): void {
    if (this.#job === job) this.#job = undefined;
    job.abort.abort();
    job.result.resolve(result);
  }

  #set(active: string, sub: string): void {
    this.#active = active;
    this.#sub = sub;
    this.#run = { ...this.#run, sinceMs: this.#deps.clock.nowMs() };
    this.#deps.changed();
  }
}
