import type { Command } from "commander";

import { warn, type Context } from "../context.ts";
import { ensureCreated } from "../unit-source/ensure-created.ts";
import { NO_LIMITS } from "../waiting/limits.ts";
import { creationFlags, type CreationOptions } from "./creation-flags.ts";
import { newCommand, NO_UNITS } from "./new-command.ts";

const DESCRIPTION = `Upload one or more units to the cluster, where they stay at rest.

Submit a single unit:
fleetctl submit foo.service

Submit a directory of units with glob matching:
fleetctl submit myservice/*`;

/** `fleetctl submit`: brings unit files into the cluster and leaves them at rest. */
export function submit(context: Context): Command {
  const flags = creationFlags();
  return newCommand({ usage: "submit UNIT...", description: DESCRIPTION, flags }).action(
    async (words: readonly string[], { replace }: CreationOptions) => {
      if (words.length === 0) return warn(context, NO_UNITS);
      await ensureCreated(context, { command: "submit", words, replace, limits: NO_LIMITS });
    },
  );
}
