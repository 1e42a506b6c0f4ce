import type { ScheduleEntry } from "@fleet/registry";
import type { InstalledUnit } from "@fleet/systemd";
import { REASONS, type Task } from "./tasks.ts";

/**
 * What to do, in order, so that one unit becomes what the work list says. Pure. What systemd makes
 * of the unit is no part of it: a unit that failed, ended or was started by another one is
 * left alone, as in fleet 1.0.0. A file that cannot be read is written again without stopping
 * anything. A unit that is on its way here is loaded and started later.
 */
export function planTasks(
  desired: ScheduleEntry | undefined,
  actual: InstalledUnit | undefined,
): readonly Task[] {
  if (desired === undefined) {
    return actual === undefined ? [] : [task("unload", actual, REASONS.notScheduled)];
  }
  if (desired.move?.kind === "leaving") return leavingTasks(desired, actual);
  if (actual === undefined) return loadTasks(desired);
  if (actual.hash === undefined) {
    return [task("load", desired, REASONS.notLoaded), ...levelTasks(desired, actual.launched)];
  }
  if (actual.hash !== desired.hash) {
    return [task("unload", desired, REASONS.hashDiffers), ...loadTasks(desired)];
  }
  return levelTasks(desired, actual.launched);
}

/** A unit that moved away is never touched, but for a stop: what runs elsewhere is another matter. */
function leavingTasks(desired: ScheduleEntry, actual: InstalledUnit | undefined): readonly Task[] {
  const isToStop = desired.targetState === "loaded" && actual?.launched === true;
  return isToStop ? [task("stop", desired, REASONS.movedAway)] : [];
}

function loadTasks(desired: ScheduleEntry): readonly Task[] {
  return [task("load", desired, REASONS.notLoaded), ...levelTasks(desired, false)];
}

function levelTasks(desired: ScheduleEntry, launched: boolean): readonly Task[] {
  const wanted = desired.targetState === "launched";
  if (wanted === launched) return [];
  if (wanted && desired.move?.kind === "arriving") return [];
  return wanted
    ? [task("start", desired, REASONS.shouldRun)]
    : [task("stop", desired, REASONS.shouldRest)];
}

function task(kind: Task["kind"], of: Pick<ScheduleEntry, "unit">, reason: string): Task {
  return { kind, unit: of.unit, reason };
}
