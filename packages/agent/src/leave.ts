import {
  childOf,
  type Clock,
  FleetError,
  type Logger,
  SystemdError,
  type UnitName,
} from "@fleet/core";
import type { UnitManager } from "@fleet/systemd";
import { JobSlots } from "./run/job-slots.ts";
import { REASONS, taskInWords, type Task } from "./plan/tasks.ts";

/** How long units may take to stop when the machine leaves. systemd kills most after 90 s. */
const LEAVE_UNLOAD_MS_MAX = 60_000;
/** A refused stop or removal is tried again this much later, until the time above is over. */
const RETRY_MS = 1_000;

export interface UnloadDeps {
  readonly units: Pick<UnitManager, "installed" | "stop" | "remove">;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Stops and removes everything that fleet installed on this machine, side by side, in no more than
 * {@link LEAVE_UNLOAD_MS_MAX}. A unit that does not stop in time is named and left as it is: the
 * next start of the daemon sees to it.
 */
export async function unloadEverything(deps: UnloadDeps, signal: AbortSignal): Promise<void> {
  const { units, clock, log } = deps;
  const limit = childOf(signal);
  void clock.sleep(LEAVE_UNLOAD_MS_MAX, limit.signal).then(() => limit.end());
  const slots = new JobSlots(clock);
  try {
    const installed = await retried(() => units.installed(limit.signal), deps, limit.signal);
    const left = (installed ?? []).map(async ({ unit }) => {
      const unloaded = await slots.run(() => unload(unit, deps, limit.signal));
      if (!unloaded) log.error({ unit }, `${unit} was not unloaded in time: it is left as it is`);
    });
    await Promise.all(left);
  } finally {
    limit.end();
  }
}

/** False when the time was over before the unit was gone. */
async function unload(unit: UnitName, deps: UnloadDeps, signal: AbortSignal): Promise<boolean> {
  const { units, log } = deps;
  const task: Task = { kind: "unload", unit, reason: REASONS.purging };
  const done = await retried(
    async () => {
      const result = await units.stop(unit, signal);
      if (result !== "done" && result !== "skipped") {
        throw new SystemdError(`stop job of ${unit} failed: ${result}`);
      }
      log.info({ unit }, `Stopped unit(${unit})`);
      await units.remove([unit], signal);
      return true;
    },
    deps,
    signal,
  );
  if (done === true) log.info({ unit, reason: task.reason }, taskInWords(task));
  return done === true;
}

/** What `request` gives, tried again when it fails; undefined once `signal` aborts. */
async function retried<T>(
  request: () => Promise<T>,
  { clock, log }: UnloadDeps,
  signal: AbortSignal,
): Promise<T | undefined> {
  let reason = "";
  while (!signal.aborted) {
    try {
      return await request();
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof FleetError)) throw error;
      if (error.message !== reason) log.warn({ err: error }, "unloading failed, trying again");
      reason = error.message;
      await clock.sleep(RETRY_MS, signal);
    }
  }
  return undefined;
}
