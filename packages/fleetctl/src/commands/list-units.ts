import { messageOf, shortHash } from "@fleet/core";
import type { Command } from "commander";

import type { ApiUnitState } from "../client/fleet-api.ts";
import type { Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { type Cells, listingCommand, orDash, shortFullFlag } from "./listing-command.ts";

const FIELDS = ["active", "hash", "load", "machine", "sub", "unit"] as const;
const DEFAULT_FIELDS = "unit,machine,active,sub";

const DESCRIPTION = `Lists the state of all units that are on a machine of the cluster, on every machine that has them.

For easily parsable output, you can remove the column headers:
fleetctl list-units --no-legend

Output the list without ellipses:
fleetctl list-units --full

Or, choose the columns to display:
fleetctl list-units --fields=unit,machine`;

/** `fleetctl list-units`: prints what systemd says of every unit that a machine has. */
export function listUnits(context: Context): Command {
  return listingCommand(context, {
    usage: "list-units [--no-legend] [-l|--full] [--fields]",
    description: DESCRIPTION,
    flags: [shortFullFlag()],
    fields: FIELDS,
    defaultFields: DEFAULT_FIELDS,
    cells: cellsOf(context),
    entries: () => states(context),
  });
}

function cellsOf(context: Context): Cells<ApiUnitState> {
  return {
    unit: ({ unit }) => unit,
    load: ({ loadState }) => loadState,
    active: ({ activeState }) => activeState,
    sub: ({ subState }) => subState,
    machine: ({ machine }, full) => {
      return machine === "" ? "-" : context.machines().legend(machine, full ? "full" : "short");
    },
    hash: ({ hash }, full) => orDash(full ? hash : shortHash(hash)),
  };
}

async function states({ client, signal }: Context): Promise<readonly ApiUnitState[]> {
  try {
    return await client().states({}, signal);
  } catch (error) {
    const message = `Error retrieving list of units from repository: ${messageOf(error)}`;
    throw new CommandError(message, { cause: error });
  }
}
