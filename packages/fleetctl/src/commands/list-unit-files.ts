import { descriptionOf, isGlobal, shortHash, unitHash } from "@fleet/core";
import type { Command } from "commander";

import type { ApiUnit } from "../client/fleet-api.ts";
import { warn, type Context } from "../context.ts";
import { CommandError, messageOf } from "../errors.ts";
import { newCommand } from "./new-command.ts";
import {
  type Cells,
  chosenFields,
  type ListingOptions,
  listingFlags,
  orDash,
  printListing,
} from "./print-listing.ts";

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
  const flags = listingFlags(FIELDS, DEFAULT_FIELDS);
  const usage = "list-unit-files [--fields]";
  return newCommand({ usage, description: DESCRIPTION, flags }).action(
    async (_words: readonly string[], options: ListingOptions) => {
      const fields = chosenFields(options.fields, FIELDS);
      if (fields.includes("tmachine")) {
        warn(context, 'WARNING: The "tmachine" field is deprecated. Use "target" instead');
      }
      const entries = await units(context);
      await printListing(context, { entries, fields, cells: cellsOf(context), options });
    },
  );
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
