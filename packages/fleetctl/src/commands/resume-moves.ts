import type { Command } from "commander";

import { newerRequestError } from "../client/newer-request.ts";
import type { Context } from "../context.ts";
import { say } from "../context.ts";
import { CommandError } from "../errors.ts";
import { newCommand } from "./new-command.ts";

const DESCRIPTION = `Gives up the machines that were lost together and have not returned, so that
their units move to the machines that are there. Only a person can know that they are gone for
good: a machine that was merely cut off may still run its units.`;

/** Who names one machine means that one, and the others may still run their units. */
const ALL_OR_NONE =
  "resume-moves takes no arguments: it gives up all machines that were lost together";

/** `fleetctl resume-moves`: gives up machines that were lost together, and names them. */
export function resumeMoves(context: Context): Command {
  return newCommand({ usage: "resume-moves", description: DESCRIPTION }).action(
    async (words: readonly string[]) => {
      if (words.length > 0) throw new CommandError(ALL_OR_NONE);
      const givenUp = await resume(context);
      if (givenUp.length === 0) return say(context, "No moves are held");
      for (const id of givenUp) say(context, `Gave up machine ${id}`);
    },
  );
}

async function resume({ client, signal }: Context): Promise<readonly string[]> {
  try {
    return await client().resumeMoves(signal);
  } catch (error) {
    throw newerRequestError("Error resuming moves", "resume-moves", error);
  }
}
