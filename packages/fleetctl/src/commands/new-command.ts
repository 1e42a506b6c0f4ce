import { Command, type Option } from "commander";

export interface CommandText {
  /** `name` and what follows it in the usage line. */
  readonly usage: string;
  /** What help says under DESCRIPTION. */
  readonly description: string;
  readonly flags?: readonly Option[];
}

/** What the commands that are given none of the units they need say, and succeed. */
export const NO_UNITS = "No units given";

/** A command that takes any number of operands; it decides itself what too few or too many are. */
export function newCommand({ usage, description, flags = [] }: CommandText): Command {
  const [name = "", ...rest] = usage.split(" ");
  const command = new Command(name).helpOption(false).usage(rest.join(" "));
  for (const flag of flags) command.addOption(flag);
  return command.description(description).argument("[operands...]");
}
