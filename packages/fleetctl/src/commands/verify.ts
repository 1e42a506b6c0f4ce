import type { Command } from "commander";

import type { Context } from "../context.ts";
import { warn } from "../context.ts";
import { CommandError } from "../errors.ts";
import { newCommand } from "./new-command.ts";

const EXIT_STATUS = 2;

/** `fleetctl verify`: kept so that a script which calls it learns why that is of no use any more. */
export function verify(context: Context): Command {
  return newCommand({ usage: "verify UNIT", description: "" }).action(() => {
    warn(context, 'Command "verify" is deprecated, DEPRECATED - No longer works');
    const message = "WARNING: The signed/verified units feature is DEPRECATED and cannot be used.";
    throw new CommandError(message, { exitStatus: EXIT_STATUS });
  });
}
