import { isGlobal } from "@fleet/core";

import type { ApiUnit } from "../client/fleet-api.ts";
import { warn, type Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { inParallel, REQUESTS_MAX } from "../parallel.ts";
import { LinePrefix } from "../ssh/line-prefix.ts";

/** A program to run where a unit is. */
export interface UnitProgram {
  readonly command: readonly string[];
  readonly sshPort: number;
  /** It runs until somebody ends it: then it has to run on all machines at once. */
  readonly isEndless?: boolean;
}

/** Each takes a process and a connection. */
const FOLLOWED_MACHINES_MAX = 64;

/**
 * Runs a program on the machine of a unit and resolves with its exit status. For a global unit it runs
 * on every machine that has it, several at once, each line of output behind the machine's name; the
 * status is then the first, in the order of the machines, that is not 0.
 */
export async function runForUnit(
  context: Context,
  unit: ApiUnit,
  program: UnitProgram,
): Promise<number> {
  if (!isGlobal(unit.file, unit.name)) {
    return (await context.remote()).run({ machine: unit.machine, ...program });
  }
  const machines = await machinesOf(unit, context);
  const { isEndless = false } = program;
  if (isEndless && machines.length > FOLLOWED_MACHINES_MAX) {
    throw new CommandError(
      `Unit ${unit.name} is on ${machines.length} machines. At most ${FOLLOWED_MACHINES_MAX} can be followed at once.`,
    );
  }
  const statuses = await inParallel(
    machines,
    (machine) => runPrefixed(context, machine, program),
    isEndless ? FOLLOWED_MACHINES_MAX : REQUESTS_MAX,
  );
  return statuses.find((status) => status !== 0) ?? 0;
}

/** The machines that have a global unit, by ID; none where nobody has it. */
export async function machinesOf(unit: ApiUnit, context: Context): Promise<readonly string[]> {
  const states = await context.client().states({ unit: unit.name }, context.signal);
  return states.map((state) => state.machine);
}

async function runPrefixed(
  context: Context,
  machine: string,
  program: UnitProgram,
): Promise<number> {
  const prefix = `${await context.machines().legend(machine, "short")}: `;
  const stdout = new LinePrefix(prefix, context.stdout);
  const stderr = new LinePrefix(prefix, context.stderr);
  const outputs = { stdout, stderr, gone: context.stdoutGone };
  try {
    return await (await context.remote()).run({ machine, ...program, outputs });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (error.message !== "") warn({ stderr }, error.message);
    return error.exitStatus;
  } finally {
    stdout.flush();
    stderr.flush();
  }
}
