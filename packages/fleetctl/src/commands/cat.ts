import { messageOf, serialiseUnitFile } from "@fleet/core";
import type { Command } from "commander";

import type { Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { unitNameOf } from "../unit-source/unit-words.ts";
import { newCommand } from "./new-command.ts";

const DESCRIPTION = `Output the unit file that is held by the cluster. Useful for inspecting what a machine runs.`;

/** `fleetctl cat`: prints a unit's file as the cluster has it. */
export function cat(context: Context): Command {
  return newCommand({ usage: "cat UNIT", description: DESCRIPTION }).action(
    async (words: readonly string[]) => {
      const [word] = words;
      if (word === undefined || words.length > 1) {
        throw new CommandError("One unit file must be provided");
      }
      const name = unitNameOf(word);
      const unit = await context
        .client()
        .unit(name, context.signal)
        .catch((error: unknown) => {
          const message = `Error retrieving Unit ${name}: ${messageOf(error)}`;
          throw new CommandError(message, { cause: error });
        });
      if (unit === undefined) throw new CommandError(`Unit ${name} not found`);
      context.stdout.write(serialiseUnitFile(unit.file));
    },
  );
}
