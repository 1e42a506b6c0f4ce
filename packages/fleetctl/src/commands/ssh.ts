import { isGlobal, messageOf } from "@fleet/core";
import type { Command } from "commander";

import type { Context } from "../context.ts";
import { CommandError, FAILURE } from "../errors.ts";
import { booleanFlag, hidden, stringFlag } from "../flags/flag.ts";
import { SSH_FAILED } from "../ssh/remote.ts";
import { unitNameOf } from "../unit-source/unit-words.ts";
import { newCommand } from "./new-command.ts";
import { sshPortFlag, type SshPortOption } from "./ssh-port-flag.ts";

const DESCRIPTION = `Open an interactive shell on a specific machine in the cluster or on the machine where the
specified unit is located.

fleetctl tries to detect whether the first argument is a machine ID or the name of a unit.

Open a shell on a machine:
fleetctl ssh 2444264c-eac2-4eff-a490-32d5e5e4af24

Open a shell from your laptop, to the machine running a specific unit, using a cluster member as a bastion host:
fleetctl --tunnel 10.10.10.10 ssh foo.service

Open a shell on a machine and forward the authentication agent connection:
fleetctl ssh --forward-agent 2444264c-eac2-4eff-a490-32d5e5e4af24

Run a command there; its own flags go behind two dashes:
fleetctl ssh foo.service -- ls -la`;

interface SshOptions extends SshPortOption {
  readonly machine: string;
  readonly unit: string;
  readonly forwardAgent: boolean;
}

/** `fleetctl ssh`: a shell on a machine, or one command there whose exit status is passed on. */
export function ssh(context: Context): Command {
  const usage = "ssh [-A|--forward-agent] [--ssh-port=N] [--machine|--unit] {MACHINE|UNIT}";
  const flags = [
    booleanFlag("A", "Shorthand for --forward-agent"),
    booleanFlag("forward-agent", "Forward local ssh-agent to target machine"),
    hidden(stringFlag("m", "Shorthand for --machine")),
    stringFlag("machine", "Open SSH connection to a specific machine"),
    sshPortFlag(),
    hidden(stringFlag("u", "Shorthand for --unit")),
    stringFlag("unit", "Open SSH connection to machine running provided unit"),
  ];
  return newCommand({ usage, description: DESCRIPTION, flags }).action(
    async (words: readonly string[], options: SshOptions) => {
      const { address, rest } = await findAddress(words, options, context);
      if (address === "") throw new CommandError("Could not determine address of machine.");
      const command = rest.slice(rest.indexOf("--") + 1);
      await open(address, command, { options, context });
    },
  );
}

interface Around {
  readonly options: SshOptions;
  readonly context: Context;
}

async function open(
  address: string,
  command: readonly string[],
  { options, context }: Around,
): Promise<void> {
  const { sshPort, forwardAgent } = options;
  const session = { address, sshPort, forwardAgent };
  const remote = await context.remote();
  if (command.length === 0) {
    const status = await remote.session(session);
    if (status !== SSH_FAILED) return;
    const message = `Failed opening shell over SSH: ssh to ${address} ended with status ${status}`;
    throw new CommandError(message, { exitStatus: FAILURE });
  }
  const status = await remote.session({ ...session, commandLine: command.join(" ") });
  if (status !== SSH_FAILED) return context.exitWith(status);
  const message = `Failed running command over SSH: ssh to ${address} ended with status ${status}`;
  throw new CommandError(message, { exitStatus: SSH_FAILED });
}

interface Found {
  /** "" when the machine has no address. */
  readonly address: string;
  /** The words that are left for a command. */
  readonly rest: readonly string[];
}

async function findAddress(
  words: readonly string[],
  { machine, unit }: SshOptions,
  context: Context,
): Promise<Found> {
  if (machine !== "" && unit !== "") {
    throw new CommandError("Both machine and unit flags provided, please specify only one.");
  }
  try {
    if (machine !== "") return { address: await addressOfMachine(machine, context), rest: words };
    if (unit !== "") return { address: await addressOfUnit(unit, context), rest: words };
    const [word, ...rest] = words;
    if (word === undefined) throw new Error("one machine or unit must be provided");
    return { address: await addressOfEither(word, context), rest };
  } catch (error) {
    context.signal.throwIfAborted();
    throw new CommandError(`Unable to proceed: ${messageOf(error)}`, { cause: error });
  }
}

async function addressOfEither(word: string, context: Context): Promise<string> {
  const [machine, unit] = await Promise.allSettled([
    addressOfMachine(word, context),
    addressOfUnit(word, context),
  ]);
  const unitAddress = unit.status === "fulfilled" ? unit.value : "";
  if (machine.status === "fulfilled" && unitAddress !== "") {
    throw new Error(
      `ambiguous argument, both machine and unit found for \`${word}\`.\nPlease use flag \`-m\` or \`-u\` to refine the search`,
    );
  }
  if (machine.status === "fulfilled") return machine.value;
  if (unitAddress !== "") return unitAddress; // a unit that is on no machine leads nowhere
  throw new Error("could not find matching unit or machine");
}

/** The machine whose ID begins with `beginning`. */
async function addressOfMachine(beginning: string, context: Context): Promise<string> {
  const machines = [...(await context.machines().all()).values()];
  const [first, second] = machines.filter(({ id }) => id.startsWith(beginning));
  if (first === undefined) throw new Error("machine does not exist");
  if (second !== undefined) throw new Error("found more than one machine");
  return first.publicIp;
}

async function addressOfUnit(word: string, context: Context): Promise<string> {
  const name = unitNameOf(word);
  const unit = await context.client().unit(name, context.signal);
  if (unit === undefined) throw new Error("unit does not exist");
  if (isGlobal(unit.file, name)) throw new Error("global units unsupported");
  return (await context.machines().all()).get(unit.machine)?.publicIp ?? "";
}
