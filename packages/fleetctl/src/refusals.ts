import type { Output } from "./context.ts";
import { FAILURE, UsageError } from "./errors.ts";
import { suggestionsFor } from "./flags/suggest.ts";
import type { CommandSummary } from "./help/help.ts";

/** Tells of a flag that cannot be read, with the help of its command. fleet 1.0.0 exits with 0 here. */
export function refuseFlags(error: unknown, help: string, stderr: Output): number {
  if (!(error instanceof UsageError)) throw error;
  stderr.write(`Error: ${error.message}\n\n${help}cannot execute cmdFleet: ${error.message}\n`);
  return FAILURE;
}

/** Tells of a word that is no command, with those that may have been meant. fleet 1.0.0 exits with 0. */
export function refuseCommand(
  word: string,
  commands: readonly CommandSummary[],
  stderr: Output,
): number {
  const listed = commands.filter((command) => command.unlisted === undefined);
  const meant = suggestionsFor(
    word,
    listed.map((command) => command.name),
  );
  const lines = meant.map((name) => `\t${name}\n`).join("");
  const suggestion = lines === "" ? "" : `\n\nDid you mean this?\n${lines}`;
  const message = `unknown command ${JSON.stringify(word)} for "fleetctl"${suggestion}`;
  stderr.write(`Error: ${message}\n`);
  stderr.write("Run 'fleetctl --help' for usage.\n");
  stderr.write(`cannot execute cmdFleet: ${message}\n`);
  return FAILURE;
}
