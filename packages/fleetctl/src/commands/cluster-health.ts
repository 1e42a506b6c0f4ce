import type { Command } from "commander";

import type { Context } from "../context.ts";
import { newerRequestError } from "../client/newer-request.ts";
import { say } from "../context.ts";
import { counted } from "../counted.ts";
import { CommandError } from "../errors.ts";
import { newCommand } from "./new-command.ts";

const DESCRIPTION = `Tells how many machines are present, and whether units move when a machine is
lost. They do not while many machines were lost together: then the exit status is 1, and either
enough machines return or "fleetctl resume-moves" gives up those that do not.`;

/** `fleetctl cluster-health`: how many machines are there; fails while units do not move. */
export function clusterHealth(context: Context): Command {
  return newCommand({ usage: "cluster-health", description: DESCRIPTION }).action(async () => {
    const { present, held } = await health(context);
    say(context, `${counted(present, "machine")} ${present === 1 ? "is" : "are"} present`);
    if (held.length === 0) return say(context, "units of lost machines move");
    say(context, `units of ${counted(held.length, "machine")}, lost together, do not move:`);
    for (const id of held) say(context, id);
    throw new CommandError('"fleetctl resume-moves" lets them, if the machines are gone for good');
  });
}

async function health({ client, signal }: Context) {
  try {
    const api = client();
    const [machines, held] = await Promise.all([api.machines(signal), api.heldMoves(signal)]);
    return { present: machines.length, held };
  } catch (error) {
    throw newerRequestError("Error asking for the cluster's health", "cluster-health", error);
  }
}
