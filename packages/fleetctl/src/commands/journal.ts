import { isGlobal, messageOf } from "@fleet/core";
import type { Command } from "commander";

import type { ApiUnit } from "../client/fleet-api.ts";
import type { Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { booleanFlag, integerFlag, stringFlag } from "../flags/flag.ts";
import { unitNameOf } from "../unit-source/unit-words.ts";
import { newCommand } from "./new-command.ts";
import { machinesOf, runForUnit } from "./run-for-unit.ts";
import { sshPortFlag, type SshPortOption } from "./ssh-port-flag.ts";

const LINES = 10;

const DESCRIPTION = `Outputs the journal of a unit by connecting to the machine that the unit is on. For a global unit
every machine that has it is asked.

Read the last 10 lines:
fleetctl journal foo.service

Read the last 100 lines:
fleetctl journal --lines 100 foo.service

Read the last 10 lines and go on as more are written:
fleetctl journal -f foo.service

This command uses SSH unless the unit is on this machine.`;

interface JournalOptions extends SshPortOption {
  readonly lines: number;
  readonly follow: boolean;
  readonly output: string;
  readonly sudo: boolean;
}

/** `fleetctl journal`: what a unit wrote, from its machine; the exit status is journalctl's. */
export function journal(context: Context): Command {
  const usage = "journal [--lines=N] [--ssh-port=N] [-f|--follow] [--output=STRING] <unit>";
  const flags = [
    booleanFlag("f", "Shorthand for --follow"),
    booleanFlag("follow", "Continuously print new entries as they are appended to the journal"),
    integerFlag("lines", "Number of recent log lines to return", LINES),
    stringFlag("output", "Output mode, as of journalctl's -o", "short"),
    sshPortFlag(),
    booleanFlag("sudo", "Execute journal command with sudo"),
  ];
  return newCommand({ usage, description: DESCRIPTION, flags }).action(
    async (words: readonly string[], options: JournalOptions) => {
      const [word] = words;
      if (word === undefined || words.length > 1) {
        throw new CommandError("One unit file must be provided.");
      }
      const unit = await runningUnit(unitNameOf(word), context);
      const { sshPort, follow: isEndless } = options;
      const command = journalctl(unit.name, options);
      context.exitWith(await runForUnit(context, unit, { command, sshPort, isEndless }));
    },
  );
}

function journalctl(
  unit: string,
  { lines, output, follow, sudo }: JournalOptions,
): readonly string[] {
  const program = ["journalctl", "--unit", unit, "--no-pager", "-n", String(lines)];
  const command = sudo ? ["sudo", ...program] : program;
  return [...command, "--output", output, ...(follow ? ["-f"] : [])];
}

async function runningUnit(name: string, context: Context): Promise<ApiUnit> {
  let unit: ApiUnit | undefined;
  try {
    unit = await context.client().unit(name, context.signal);
  } catch (error) {
    const message = `Error retrieving unit ${name}: ${messageOf(error)}`;
    throw new CommandError(message, { cause: error });
  }
  if (unit === undefined) throw new CommandError(`Unit ${name} does not exist.`);
  const isRunning = isGlobal(unit.file, name)
    ? (await machinesOf(unit, context)).length > 0
    : unit.currentState !== "inactive";
  if (!isRunning) throw new CommandError(`Unit ${name} does not appear to be running.`);
  return unit;
}
