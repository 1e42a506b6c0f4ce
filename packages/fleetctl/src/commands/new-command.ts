import { Command, type Option } from "commander";

export interface CommandText {
  /** The usage line, without `fleetctl`; its first word is the command's name. */
  readonly usage: string;
  /** What help says under DESCRIPTION. */
  readonly description: string;
  readonly flags?: readonly Option[];
}

/** What the commands that are given none of the units they need say, and succeed. */
export const NO_UNITS = "No units given";

/** A command that takes any number of operands; it decides itself what too few or too many are. */
export function newCommand({ usage, description, flags = [] }: CommandText): Command {
  const command = new Command(usage.split(" ", 1).join()).helpOption(false).usage(usage);
  for (const flag of flags) command.addOption(flag);
  return command.description(description).argument("[operands...]");
}
