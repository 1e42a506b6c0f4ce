import type { UnitName } from "@fleet/core";
import type { FileToInstall, InstalledUnit } from "@fleet/systemd";
import { delayMs, TASK_BACK_OFF } from "../wait/back-off.ts";
import type { StepKind } from "../plan/next-step.ts";

/** A task that failed and will be tried again. */
export interface Failure {
  readonly message: string;
  readonly attempts: number;
  /** On the monotonic clock. */
  readonly retryAtMs: number;
}

export interface Job {
  readonly kind: "start" | "stop";
}

/** Steps that are taken for many units at once. */
export type BatchKind = "fetch" | "remove" | "install";

/**
 * All that the agent knows and does about one unit: one queue with room for one job (start or stop)
 * and one part in a batch (fetch, install or remove). Only the reconciler writes it.
 */
export interface UnitWork {
  readonly unit: UnitName;
  /** The file on this machine and whether fleet launched it; undefined when there is none. */
  actual: InstalledUnit | undefined;
  /** The job asked for last; what an older one brings back is stale. */
  job: Job | undefined;
  batch: BatchKind | undefined;
  /** When a step last began or ended, counted by the table of all units. */
  touchedAt: number;
  /** The wanted file, between its fetch and its installation. */
  file: FileToInstall | undefined;
  /** The stop that an unload begins with has ended. */
  stopped: boolean;
  /** Stopped in order to be replaced: goes on to the end even when the store goes away. */
  replacing: boolean;
  /** A start was refused or cancelled: launched is false whatever the mark says. */
  startOwed: boolean;
  failure: Failure | undefined;
  /** A failed step may have changed the machine: read what is there before the next try. */
  unsure: boolean;
  /** When its wish changed last (monotonic milliseconds), until it was started for it. */
  wishedAtMs: number | undefined;
  /** How the last start job ended, when not well; kept until the unit becomes active. */
  jobError: string | undefined;
}

export function newUnitWork(unit: UnitName): UnitWork {
  return {
    unit,
    actual: undefined,
    job: undefined,
    batch: undefined,
    touchedAt: 0,
    file: undefined,
    stopped: false,
    replacing: false,
    startOwed: false,
    failure: undefined,
    unsure: false,
    wishedAtMs: undefined,
    jobError: undefined,
  };
}

/** True while a step of this unit is under way. */
export function isBusy(work: UnitWork): boolean {
  return work.job !== undefined || work.batch !== undefined;
}

/**
 * Whether a step may begin now. One at a time, except that a file may be fetched meanwhile
 * and that a stop never waits for a start: systemd then cancels the start.
 */
export function hasRoomFor(work: UnitWork, step: StepKind): boolean {
  if (step === "fetch") return work.batch === undefined;
  if (step === "stop") return work.job?.kind !== "stop" && !changesFile(work);
  return !isBusy(work);
}

/** True while a step is under way after which the machine is not what it was. */
export function changesMachine(work: UnitWork): boolean {
  return work.job !== undefined || changesFile(work);
}

function changesFile(work: UnitWork): boolean {
  return work.batch !== undefined && work.batch !== "fetch";
}

/** Puts the unit off for longer with each failure in a row. Says whether the reason is a new one. */
export function putOff(work: UnitWork, message: string, nowMs: number): boolean {
  const attempts = (work.failure?.attempts ?? 0) + 1;
  const isNew = work.failure?.message !== message;
  work.failure = { message, attempts, retryAtMs: nowMs + delayMs(TASK_BACK_OFF, attempts) };
  return isNew;
}

/** A newer wish, or a peer that is back, ends the waiting; the error stays until something succeeds. */
export function retryNow(work: UnitWork, nowMs: number): void {
  if (work.failure === undefined) return;
  work.failure = { ...work.failure, attempts: 0, retryAtMs: nowMs };
}
