import type { Command } from "commander";

import { newCommand } from "./new-command.ts";

const DESCRIPTION = `Help provides help for any command.
Simply type fleetctl help [command] for full details.`;

/** `fleetctl help`, as far as it is a command like others: the run itself answers it. */
export function help(): Command {
  return newCommand({ usage: "help [command]", description: DESCRIPTION });
}
