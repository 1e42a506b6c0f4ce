import { warn, type Context } from "../context.ts";
import { CommandError, messageOf } from "../errors.ts";
import { WaitFailure } from "../waiting/goal.ts";
import { type Wait, waitForUnits } from "../waiting/wait-for-units.ts";

const LOG_LINES = 10;

/**
 * Waits; a failure is told in fleet's two lines, and between them the last log lines of the unit that
 * failed, from its machine.
 * @throws {CommandError} after a failure.
 */
export async function waitOrExplain(context: Context, wait: Wait): Promise<void> {
  try {
    await waitForUnits(context, wait);
  } catch (error) {
    if (!(error instanceof WaitFailure)) throw error;
    warn(context, `Error waiting for units: ${error.message}`);
    if (error.log !== undefined) await showLog(context, error.log);
    throw new CommandError(`${explanation(error)}: ${error.message}`, { cause: error });
  }
}

/** fleet's own words for which of the two waits it was. */
function explanation({ stage }: WaitFailure): string {
  return stage === "systemd"
    ? "Error waiting for systemd unit states, err"
    : "Error waiting for unit states, exit status";
}

/** Everything goes to stderr: it belongs to the failure. Nobody is asked anything to get there. */
async function showLog(
  context: Context,
  { unit, machine }: { readonly unit: string; readonly machine: string },
): Promise<void> {
  const { stderr } = context;
  const command = ["journalctl", "--unit", unit, "--no-pager", "-n", String(LOG_LINES)];
  try {
    const outputs = { stdout: stderr, stderr };
    await (await context.remote()).run({ machine, command, sshPort: 22, outputs, batch: true });
  } catch (error) {
    warn(context, `The log of ${unit} could not be read: ${messageOf(error)}`);
  }
}
