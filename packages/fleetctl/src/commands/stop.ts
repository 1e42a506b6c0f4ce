import type { Command } from "commander";

import type { Context } from "../context.ts";
import { noBlockFlag, waitFlags, type WaitOptions } from "../waiting/wait-flags.ts";
import { lowerUnits } from "./lower-units.ts";
import { newCommand } from "./new-command.ts";

const DESCRIPTION = `Stop one or more units wherever they run in the cluster. They stay loaded on their machines.

Stop a single unit:
fleetctl stop foo.service

Stop an entire directory of units with glob matching, without waiting:
fleetctl stop --no-block myservice/*`;

/** `fleetctl stop`: has units stopped where they are. Its success is told on stderr, as in fleet. */
export function stop(context: Context): Command {
  const usage = "stop [--no-block|--block-attempts=N] [--timeout=DURATION] UNIT...";
  const flags = [noBlockFlag(), ...waitFlags()];
  return newCommand({ usage, description: DESCRIPTION, flags }).action(
    async (words: readonly string[], options: WaitOptions) => {
      const lower = { verb: "stop", target: "loaded", done: "stopped" } as const;
      await lowerUnits(context, lower, { words, options });
    },
  );
}
