import { messageOf } from "@fleet/core";

import { warn, type Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { WaitFailure } from "../waiting/goal.ts";
import { type Wait, waitForUnits } from "../waiting/wait-for-units.ts";

const LOG_LINES = 10;
/** fleet's own words for which of the two waits it was. */
const OVERDUE_WORDS = {
  agent: "Error waiting for unit states, exit status",
  systemd: "Error waiting for systemd unit states, err",
} as const;

/**
 * Waits; time that is over is told in fleet's two lines, a unit that failed in one, with its last log lines from its machine
 * behind it.
 * @throws {CommandError} after a failure.
 */
export async function waitOrExplain(context: Context, wait: Wait): Promise<void> {
  try {
    await waitForUnits(context, wait);
  } catch (error) {
    if (!(error instanceof WaitFailure)) throw error;
    warn(context, `Error waiting for units: ${error.message}`);
    if (error.log !== undefined) await showLog(context, error.log);
    const { overdue } = error;
    const message = overdue === undefined ? "" : `${OVERDUE_WORDS[overdue]}: ${error.message}`;
    throw new CommandError(message, { cause: error });
  }
}

/**
 * Shows the log of a unit's last run and of none before it; of all where systemd knows of no run any more. What the unit itself
 * wrote and what systemd said of it carry the run's ID in different fields.
 */
const LOG_SCRIPT = `run=$(systemctl show --property InvocationID --value -- "$1")
[ -n "$run" ] || exec journalctl --no-pager -n ${LOG_LINES} --unit "$1"
exec journalctl --no-pager -n ${LOG_LINES} "_SYSTEMD_INVOCATION_ID=$run" + "INVOCATION_ID=$run" _PID=1`;

/** Everything goes to stderr: it belongs to the failure. Nobody is asked anything to get there. */
async function showLog(
  context: Context,
  { unit, machine }: { readonly unit: string; readonly machine: string },
): Promise<void> {
  const { stderr } = context;
  const command = ["sh", "-c", LOG_SCRIPT, "sh", unit];
  try {
    const outputs = { stdout: stderr, stderr };
    await (await context.remote()).run({ machine, command, sshPort: 22, outputs, batch: true });
  } catch (error) {
    warn(context, `The log of ${unit} could not be read: ${messageOf(error)}`);
  }
}
