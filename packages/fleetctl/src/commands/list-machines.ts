import { messageOf } from "@fleet/core";
import type { Command } from "commander";

import { idText } from "../client/machine-directory.ts";
import type { ApiMachine } from "../client/fleet-api.ts";
import type { Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { type Cells, listingCommand, orDash, shortFullFlag } from "./listing-command.ts";

const CELLS: Cells<ApiMachine> = {
  machine: ({ id }, full) => idText(id, full ? "full" : "short"),
  ip: ({ publicIp }) => orDash(publicIp),
  metadata: ({ metadata }) => orDash(metadataText(metadata)),
};
const FIELDS = Object.keys(CELLS);
const DEFAULT_FIELDS = "machine,ip,metadata";

const DESCRIPTION = `Lists all active machines within the cluster. Previously active machines will
not appear in this list.

For easily parsable output, you can remove the column headers:
fleetctl list-machines --no-legend

Output the list without truncation:
fleetctl list-machines --full`;

/** `fleetctl list-machines`: prints every machine that is present, one to a line, by ID. */
export function listMachines(context: Context): Command {
  return listingCommand(context, {
    usage: "list-machines [-l|--full] [--no-legend]",
    description: DESCRIPTION,
    flags: [shortFullFlag()],
    fields: FIELDS,
    defaultFields: DEFAULT_FIELDS,
    cells: CELLS,
    entries: () => machines(context),
  });
}

async function machines({ client, signal }: Context): Promise<readonly ApiMachine[]> {
  try {
    return await client().machines(signal);
  } catch (error) {
    const message = [
      `Error retrieving list of active machines from fleet API (${messageOf(error)})`,
      "Possible issues:",
      "  etcd is unhealthy and/or lost quorum",
      "  connection cannot be established to any etcd servers",
    ].join("\n");
    throw new CommandError(message, { cause: error });
  }
}

function metadataText(metadata: ReadonlyMap<string, string>): string {
  return [...metadata]
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
    .join(",");
}
