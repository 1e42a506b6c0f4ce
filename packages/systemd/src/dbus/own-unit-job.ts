import type { Manager } from "./manager.ts";

/** What systemd is doing to a unit: stopping it for good, stopping it to start it again, or neither. */
export type OwnUnitJob = "stop" | "restart" | "none";

/** A restart is patched to a start once the stop is over; a try-restart restarts what runs. */
const RESTARTS: ReadonlySet<string> = new Set(["restart", "try-restart", "start"]);

/** The job of the unit that process `pid` belongs to; `none` when it belongs to no unit. */
export async function unitJobOfProcess(
  pid: number,
  manager: Manager,
  signal: AbortSignal,
): Promise<OwnUnitJob> {
  const unit = await manager.unitPathOfProcess(pid, signal);
  const job = unit === undefined ? undefined : await manager.jobPath(unit, signal);
  if (job === undefined) return "none";
  const type = await manager.jobType(job, signal);
  if (type === "stop") return "stop";
  return RESTARTS.has(type) ? "restart" : "none";
}
