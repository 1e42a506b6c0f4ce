import { Command } from "commander";

import { CommandRun } from "./command-run.ts";
import type { Rim } from "./context.ts";
import { readEnvironment } from "./flags/environment.ts";
import { findCommand, matchName } from "./flags/find-command.ts";
import { isBoolean, nameOf } from "./flags/flag.ts";
import { scanFlags } from "./flags/scan-flags.ts";
import { globalFlags, type GlobalOptions } from "./global-options.ts";
import { COMMANDS, type CommandEntry } from "./program.ts";
import { VERSION } from "./version.ts";

const SUCCESS = 0;
/** The command that is answered here, because it tells of all the others. */
const HELP = "help";

/** Runs one command line to its end and resolves with the exit status; failures are on stderr. */
export async function runFleetctl(argv: readonly string[], rim: Rim): Promise<number> {
  if (argv[0] === "--version" || argv[0] === "-v") {
    rim.stdout.write(`fleetctl version ${VERSION}\n`);
    return SUCCESS;
  }
  const root = rootCommand();
  if (argv.length === 0) {
    const { overview } = await loadHelp();
    rim.stdout.write(overview(COMMANDS, root.options));
    return SUCCESS;
  }
  const lookup = findCommand(argv, NAMES, booleanNames(root), WHOLE_NAMES);
  if (lookup.kind === "none") return runRoot(argv, root, rim);
  const entry = lookup.kind === "found" ? entryOf(lookup.name) : undefined;
  if (lookup.kind === "unknown" || entry === undefined) {
    const word = lookup.kind === "unknown" ? lookup.word : lookup.name;
    const { refuseCommand } = await loadRefusals();
    return refuseCommand(word, COMMANDS, rim.stderr);
  }
  return runCommand(entry, lookup.rest, { root, rim });
}

const isWhole = (entry: CommandEntry): boolean => entry.wholeNameOnly === true;
const NAMES = COMMANDS.filter((entry) => !isWhole(entry)).map((entry) => entry.name);
const WHOLE_NAMES = COMMANDS.filter(isWhole).map((entry) => entry.name);

/** No command: flags are still checked, and the answer is help. */
async function runRoot(argv: readonly string[], root: Command, rim: Rim): Promise<number> {
  try {
    readEnvironment(rim.env, root.options);
    scanFlags(argv, root.options);
  } catch (error) {
    const { refuseFlags } = await loadRefusals();
    return refuseFlags(error, "", rim.stderr);
  }
  const { programHelp } = await loadHelp();
  rim.stdout.write(programHelp(COMMANDS, root.options));
  return SUCCESS;
}

interface Around {
  readonly root: Command;
  readonly rim: Rim;
}

async function runCommand(
  entry: CommandEntry,
  tokens: readonly string[],
  { root, rim }: Around,
): Promise<number> {
  const run = new CommandRun(rim, () => root.opts<GlobalOptions>());
  const command = (await entry.load())(run.context).summary(entry.summary);
  let operands: readonly string[];
  try {
    operands = readFlags(tokens, root, { command, env: rim.env });
  } catch (error) {
    const { refuseFlags } = await loadRefusals();
    return refuseFlags(error, command.usage(), rim.stderr);
  }
  if (root.opts<GlobalOptions>().help) {
    const { commandHelp } = await loadHelp();
    rim.stdout.write(commandHelp(command, root.options));
    return SUCCESS;
  }
  if (entry.name === HELP) return showHelp(operands, run, { root, rim });
  root.addCommand(command).hook("preAction", () => run.open());
  return run.end(async () => {
    await root.parseAsync([command.name(), "--", ...operands], { from: "user" });
  });
}

/** Sets every option that the environment or the command line gives; resolves with what is no flag. */
function readFlags(
  tokens: readonly string[],
  root: Command,
  { command, env }: { readonly command: Command; readonly env: NodeJS.ProcessEnv },
): readonly string[] {
  for (const [option, value] of readEnvironment(env, root.options)) {
    root.setOptionValueWithSource(option.attributeName(), value, "env");
  }
  const scan = scanFlags(tokens, [...root.options, ...command.options]);
  for (const [option, value] of scan.values) {
    const owner = root.options.includes(option) ? root : command;
    owner.setOptionValueWithSource(option.attributeName(), value, "cli");
  }
  if (scan.help) root.setOptionValueWithSource("help", true, "cli");
  return scan.operands;
}

/** `fleetctl help [COMMAND]`. */
async function showHelp(
  [topic]: readonly string[],
  run: CommandRun,
  { root, rim }: Around,
): Promise<number> {
  const { commandHelp, programHelp } = await loadHelp();
  const entry = topic === undefined ? undefined : entryOf(matchName(topic, NAMES, WHOLE_NAMES));
  if (entry !== undefined) {
    const command = (await entry.load())(run.context).summary(entry.summary);
    rim.stdout.write(commandHelp(command, root.options));
    return SUCCESS;
  }
  if (topic !== undefined) rim.stderr.write(`Unknown help topic [\`${topic}\`].\n`);
  rim.stdout.write(programHelp(COMMANDS, root.options));
  return SUCCESS;
}

// What most runs do without is loaded when it is needed: every file costs a part of a millisecond.

const loadHelp = async () => import("./help/help.ts");
const loadRefusals = async () => import("./refusals.ts");

function rootCommand(): Command {
  const root = new Command("fleetctl").helpCommand(false).helpOption(false);
  for (const option of globalFlags()) root.addOption(option);
  return root;
}

function entryOf(name: string | undefined): CommandEntry | undefined {
  return COMMANDS.find((entry) => entry.name === name);
}

function booleanNames(root: Command): ReadonlySet<string> {
  return new Set(root.options.filter(isBoolean).map(nameOf));
}
