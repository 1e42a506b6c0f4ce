import { descriptionOf, isGlobal, messageOf, shortHash, unitHash } from "@fleet/core";
import type { Command } from "commander";

import type { ApiUnit } from "../client/fleet-api.ts";
import { warn, type Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { type Cells, listingCommand, orDash } from "./listing-command.ts";

const FIELDS = ["desc", "dstate", "global", "hash", "state", "target", "tmachine", "unit"] as const;
const DEFAULT_FIELDS = "unit,hash,dstate,state,target";

const DESCRIPTION = `Lists all unit files that exist in the cluster (whether or not they are loaded onto a machine).

For easily parsable output, you can remove the column headers:
fleetctl list-unit-files --no-legend

Output the list without ellipses:
fleetctl list-unit-files --full

Or, choose the columns to display:
fleetctl list-unit-files --fields=unit,hash,target`;

/** `fleetctl list-unit-files`: prints what was submitted, what is wished and where it is. */
export function listUnitFiles(context: Context): Command {
  return listingCommand(context, {
    usage: "list-unit-files [--fields]",
    description: DESCRIPTION,
    fields: FIELDS,
    defaultFields: DEFAULT_FIELDS,
    cells: cellsOf(context),
    entries: async (chosen) => {
      if (chosen.includes("tmachine")) {
        warn(context, 'WARNING: The "tmachine" field is deprecated. Use "target" instead');
      }
      return units(context);
    },
  });
}

function cellsOf(context: Context): Cells<ApiUnit> {
  const target = ({ name, file, machine }: ApiUnit, full: boolean): string | Promise<string> => {
    if (isGlobal(file, name)) return "global";
    return machine === "" ? "-" : context.machines().legend(machine, full ? "full" : "short");
  };
  return {
    unit: ({ name }) => name,
    global: ({ name, file }) => String(isGlobal(file, name)),
    dstate: ({ targetState }) => orDash(targetState),
    target,
    tmachine: target,
    state: ({ name, file, currentState }) => (isGlobal(file, name) ? "-" : orDash(currentState)),
    hash: ({ file }, full) => (full ? unitHash(file) : shortHash(unitHash(file))),
    desc: ({ file }) => orDash(descriptionOf(file)),
  };
}

async function units({ client, signal }: Context): Promise<readonly ApiUnit[]> {
  try {
    return await client().units(signal);
  } catch (error) {
    const message = `Error retrieving list of units from repository: ${messageOf(error)}`;
    throw new CommandError(message, { cause: error });
  }
}
