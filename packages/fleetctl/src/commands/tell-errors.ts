import type { ApiReport, ApiUnit } from "../client/fleet-api.ts";
import { warn, type Context } from "../context.ts";
import { whyAtRest } from "../waiting/report-words.ts";

/**
 * Says on stderr what the machines of a unit could not do with it. systemctl does not know of a job that was refused, nor of a
 * unit that was never loaded.
 */
export async function tellErrors({ name }: ApiUnit, context: Context): Promise<void> {
  const all = await reports(name, context);
  const isMoving = all.some((report) => report.isLeaving);
  for (const report of all) {
    const problem = report.isLeaving
      ? `moves away${stillRuns(report)}`
      : report.error || (isMoving ? whyAtRest(report) : "");
    if (problem === "") continue;
    const place = await context.machines().legend(report.machine, "short");
    warn(context, `Unit ${name} on ${place}: ${problem}`);
  }
}

function stillRuns({ activeState }: ApiReport): string {
  return activeState === "active" ? ", and runs on until it is active on its new machine" : "";
}

/** None where the API does not tell, such as fleet 1.0.0's. */
async function reports(name: string, { client, signal }: Context): Promise<readonly ApiReport[]> {
  try {
    return await client().reports(name, signal);
  } catch {
    signal.throwIfAborted();
    return [];
  }
}
