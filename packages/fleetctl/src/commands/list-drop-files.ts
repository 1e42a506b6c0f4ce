import { shortHash } from "@fleet/core";
import type { Command } from "commander";

import type { ApiDropFile } from "../client/fleet-api.ts";
import { idText, withIdTexts } from "../client/machine-directory.ts";
import { newerRequestError } from "../client/newer-request.ts";
import type { Context } from "../context.ts";
import { type Cells, listingCommand, orDash } from "./listing-command.ts";

const CELLS: Cells<ApiDropFile> = {
  file: ({ name }) => name,
  machine: ({ machine }, full) => idText(machine, full ? "full" : "short"),
  dstate: ({ targetState }) => orDash(targetState),
  hash: ({ hash }, full) => orDash(full ? hash : shortHash(hash)),
  problem: ({ problem }, full) => withIdTexts(orDash(problem), full ? "full" : "short"),
};
const FIELDS = Object.keys(CELLS);
const DEFAULT_FIELDS = "file,machine,dstate,hash,problem";

const DESCRIPTION = `Lists the files in the machines' drop directories (unit_drop_directory): the state and the
version that each asked for last, and why a file has no effect as it is.

For easily parsable output, you can remove the column headers:
fleetctl list-drop-files --no-legend

Output the list without truncation:
fleetctl list-drop-files --full`;

/** `fleetctl list-drop-files`: prints what became of every dropped file, by machine, then by name. */
export function listDropFiles(context: Context): Command {
  return listingCommand(context, {
    usage: "list-drop-files [--fields]",
    description: DESCRIPTION,
    fields: FIELDS,
    defaultFields: DEFAULT_FIELDS,
    cells: CELLS,
    entries: () => dropFiles(context),
  });
}

async function dropFiles({ client, signal }: Context): Promise<readonly ApiDropFile[]> {
  try {
    return await client().dropFiles(signal);
  } catch (error) {
    throw newerRequestError("Error retrieving list of dropped files", "list-drop-files", error);
  }
}
