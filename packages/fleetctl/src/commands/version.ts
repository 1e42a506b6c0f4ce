import type { Command } from "commander";

import { say, type Context } from "../context.ts";
import { VERSION } from "../version.ts";
import { newCommand } from "./new-command.ts";

/** `fleetctl version`. */
export function version(context: Context): Command {
  const description = "Print the version and exit.";
  return newCommand({ usage: "version", description }).action(() => {
    say(context, `fleetctl version ${VERSION}`);
  });
}
