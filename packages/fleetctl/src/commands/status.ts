import { isGlobal, messageOf } from "@fleet/core";
import type { Command } from "commander";

import type { ApiUnit } from "../client/fleet-api.ts";
import { say, warn, type Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { booleanFlag, hidden } from "../flags/flag.ts";
import { unitNameOf } from "../unit-source/unit-words.ts";
import { newCommand, NO_UNITS } from "./new-command.ts";
import { machinesOf, runForUnit } from "./run-for-unit.ts";
import { sshPortFlag, type SshPortOption } from "./ssh-port-flag.ts";
import { tellErrors } from "./tell-errors.ts";
import { whyNotLoaded } from "./why-not-loaded.ts";

const DESCRIPTION = `Output the status of one or more units, as systemctl tells it on their machines.
This command does not work with units that are not loaded. For a global unit every machine that has
it is asked.

Show the status of a single unit:
fleetctl status foo.service

Show the status of an entire directory of units with glob matching:
fleetctl status myservice/*

This command uses SSH unless the unit is on this machine.`;

/** `fleetctl status`: systemd's own words on each unit; its exit status is systemctl's. */
export function status(context: Context): Command {
  const noBlock = hidden(booleanFlag("no-block", "Accepted and ignored: old scripts pass it"));
  const flags = [sshPortFlag(), noBlock];
  return newCommand({
    usage: "status [--ssh-port=N] UNIT...",
    description: DESCRIPTION,
    flags,
  }).action(async (words: readonly string[], { sshPort }: SshPortOption) => {
    if (words.length === 0) return warn(context, NO_UNITS);
    const globals: ApiUnit[] = [];
    const show = async (unit: ApiUnit): Promise<number> => {
      const command = ["systemctl", "status", "-l", unit.name];
      const exitStatus = await runForUnit(context, unit, { command, sshPort });
      if (exitStatus !== 0) await tellErrors(unit, context);
      return exitStatus;
    };
    for (const [index, word] of words.entries()) {
      const unit = await loadedUnit(unitNameOf(word), context);
      if (index > 0) say(context, "");
      if (isGlobal(unit.file, unit.name)) {
        globals.push(unit);
        continue;
      }
      const exitStatus = await show(unit);
      if (exitStatus !== 0) return context.exitWith(exitStatus);
    }
    for (const unit of globals) {
      const exitStatus = await show(unit);
      if (exitStatus !== 0) return context.exitWith(exitStatus);
    }
  });
}

async function loadedUnit(name: string, context: Context): Promise<ApiUnit> {
  let unit: ApiUnit | undefined;
  try {
    unit = await context.client().unit(name, context.signal);
  } catch (error) {
    const message = `Error retrieving unit: ${messageOf(error)}`;
    throw new CommandError(message, { cause: error });
  }
  if (unit === undefined) throw new CommandError(`Unit ${name} does not exist.`);
  const isLoaded = isGlobal(unit.file, name)
    ? (await machinesOf(unit, context)).length > 0
    : unit.currentState !== "inactive";
  if (!isLoaded) {
    const refusal = `Unit ${name} does not appear to be loaded.`;
    if (unit.targetState === "inactive") throw new CommandError(refusal);
    throw new CommandError(`${refusal}\n${await whyNotLoaded(unit, context)}`);
  }
  return unit;
}
