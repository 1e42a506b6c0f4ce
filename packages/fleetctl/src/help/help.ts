import type { Command, Option } from "commander";

import { renderTable } from "../table.ts";
import { VERSION } from "../version.ts";
import { flagLines } from "./flag-lines.ts";

const SUMMARY = "fleetctl is a command-line interface to fleet, the cluster-wide systemd";

/** What help says of a command without loading it. */
export interface CommandSummary {
  readonly name: string;
  readonly summary: string;
  /** Left out where a person looks for a command, listed where everything is. */
  readonly unlisted?: true;
}

/** What `fleetctl` prints when it is called without a single argument. */
export function overview(
  commands: readonly CommandSummary[],
  globalFlags: readonly Option[],
): string {
  const listed = commands.filter((command) => command.unlisted === undefined);
  const width = Math.max(...listed.map((command) => command.name.length));
  const lines = listed.map(({ name, summary }) => `  ${name.padEnd(width)} ${summary}\n`);
  return [
    `${SUMMARY}\n`,
    "\nUsage:\n  fleetctl [flags]\n  fleetctl [command]\n",
    `\nAvailable Commands:\n${lines.join("")}`,
    `\nFlags:\n${flagLines(globalFlags)}`,
    '\nUse "fleetctl [command] --help" for more information about a command.\n',
  ].join("");
}

/** `fleetctl help`. */
export function programHelp(
  commands: readonly CommandSummary[],
  globalFlags: readonly Option[],
): string {
  const rows = commands.map(({ name, summary }) => ["", name, summary]);
  return [
    `NAME:\n\tfleetctl - ${SUMMARY}\n`,
    "USAGE:\n\tfleetctl\n",
    `VERSION:\n\t${VERSION}\n`,
    `COMMANDS:\n${renderTable(rows)}`,
    `OPTIONS:\n${flagLines(globalFlags)}\n`,
  ].join("\n");
}

/** `fleetctl help COMMAND`. */
export function commandHelp(command: Command, globalFlags: readonly Option[]): string {
  const parts = [
    `NAME:\n\t${command.name()} - ${command.summary()}\n`,
    `USAGE:\n\tfleetctl ${command.usage()}\n`,
  ];
  const description = command.description();
  if (description !== "") parts.push(`DESCRIPTION:\n${indented(description)}\n`);
  const own = flagLines(command.options);
  if (own !== "") parts.push(`OPTIONS:\n${own}`);
  parts.push(`GLOBAL OPTIONS:\n${flagLines(globalFlags)}\n`);
  return parts.join("\n");
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `\t${line}`)
    .join("\n");
}
