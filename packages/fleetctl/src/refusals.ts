import type { Output } from "./context.ts";
import { FAILURE, UsageError } from "./errors.ts";
import { suggestionsFor } from "./flags/suggest.ts";
import type { CommandSummary } from "./help/help.ts";

/** How a command is called: `start [--no-block] UNIT...`; "" stands for fleetctl itself. */
export type UsageLine = string;

/** Tells of a flag that cannot be read, with the usage of its command. fleet 1.0.0 shows its whole help and exits with 0. */
export function refuseFlags(error: unknown, usage: UsageLine, stderr: Output): number {
  if (!(error instanceof UsageError)) throw error;
  const [name = ""] = usage.split(" ", 1);
  const called = usage === "" ? "fleetctl [flags] COMMAND" : `fleetctl ${usage}`;
  const help = name === "" ? "fleetctl help" : `fleetctl help ${name}`;
  stderr.write(`Error: ${error.message}\n\nUSAGE:\n\t${called}\n\nRun '${help}' for its flags.\n`);
  stderr.write(`cannot execute cmdFleet: ${error.message}\n`);
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
