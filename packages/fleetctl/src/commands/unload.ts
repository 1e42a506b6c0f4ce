import type { Command } from "commander";

import type { Context } from "../context.ts";
import { noBlockFlag, waitFlags, type WaitOptions } from "../waiting/wait-flags.ts";
import { lowerUnits } from "./lower-units.ts";
import { newCommand } from "./new-command.ts";

const DESCRIPTION = `Take one or more units off their machines, first stopping them if necessary.
They stay in the cluster and can be loaded again.`;

/** `fleetctl unload`: has units taken off their machines. Its success is told on stderr, as in fleet. */
export function unload(context: Context): Command {
  const flags = [noBlockFlag(), ...waitFlags()];
  return newCommand({ usage: "unload UNIT...", description: DESCRIPTION, flags }).action(
    async (words: readonly string[], options: WaitOptions) => {
      const lower = { verb: "unload", target: "inactive", done: "unloaded" } as const;
      await lowerUnits(context, lower, { words, options });
    },
  );
}
