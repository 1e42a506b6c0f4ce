import { readFile } from "node:fs/promises";

import { messageOf } from "@fleet/core";

import type { MachineDirectory } from "../client/machine-directory.ts";
import { idText } from "../client/machine-directory.ts";
import type { Rim } from "../context.ts";
import { CommandError } from "../errors.ts";
import { sshAddressOf } from "./address.ts";
import { makeKnownHostsDirectory } from "./known-hosts.ts";
import type { Outputs, Program } from "./processes.ts";
import {
  remoteCommandLine,
  sshArguments,
  type SshSession,
  type SshSettings,
} from "./ssh-arguments.ts";
import type { Tunnel } from "./tunnel.ts";

/** What ssh exits with when it is ssh itself that failed. */
export const SSH_FAILED = 255;

/** A program to run where a unit is. */
export interface RemoteProgram {
  /** The machine's full ID. */
  readonly machine: string;
  readonly command: readonly string[];
  readonly sshPort: number;
  /** Absent: the program writes where fleetctl itself writes. */
  readonly outputs?: Outputs;
  /** Never ask a person anything on the way. */
  readonly batch?: boolean;
}

/** A shell or a command line on a machine, as `fleetctl ssh` opens it. */
export interface RemoteSession {
  /** Its public IP, which may carry a port. */
  readonly address: string;
  readonly sshPort: number;
  readonly forwardAgent: boolean;
  /** Sent as it is; absent: a login shell. */
  readonly commandLine?: string;
}

interface RemoteOptions {
  readonly settings: SshSettings;
  readonly tunnel: Tunnel | undefined;
  readonly machines: MachineDirectory;
  readonly rim: Rim;
}

/** Runs programs on machines: on this one directly, on any other through the system's ssh. */
export class Remote {
  readonly #settings: SshSettings;
  readonly #tunnel: Tunnel | undefined;
  readonly #machines: MachineDirectory;
  readonly #rim: Rim;

  constructor({ settings, tunnel, machines, rim }: RemoteOptions) {
    this.#settings = settings;
    this.#tunnel = tunnel;
    this.#machines = machines;
    this.#rim = rim;
  }

  /**
   * Runs a program where a unit is; resolves with the program's exit status.
   * @throws {CommandError} when the machine is not present or cannot be reached.
   */
  async run(program: RemoteProgram): Promise<number> {
    if (program.machine === (await this.#localMachine())) return this.#runHere(program);
    const address = await this.#addressOf(program.machine);
    const status = await this.#ssh(
      {
        address: sshAddressOf(address, program.sshPort),
        terminal: this.#onTerminal(program) ? "forced" : "none",
        batch: program.batch ?? false,
        proxyCommand: this.#tunnel?.proxyCommand,
        command: remoteCommandLine(program.command),
      },
      program.outputs,
    );
    if (status !== SSH_FAILED) return status;
    throw sshError("Unable to SSH to remote host", `ssh to ${address} ended with status ${status}`);
  }

  /** Opens a session for a person; resolves with the status that ssh exits with. */
  session(session: RemoteSession): Promise<number> {
    const { commandLine } = session;
    const interactive = this.#rim.terminal.stdin ? "forced" : "none";
    return this.#ssh({
      address: sshAddressOf(session.address, session.sshPort),
      terminal: commandLine === undefined ? "automatic" : interactive,
      forwardAgent: session.forwardAgent,
      proxyCommand: this.#tunnel?.proxyCommand,
      ...(commandLine === undefined ? {} : { command: commandLine }),
    });
  }

  async #runHere({ command, outputs }: RemoteProgram): Promise<number> {
    const [file = "", ...args] = command;
    try {
      return await this.#start({ file, args, stdin: "none" }, outputs);
    } catch (error) {
      if (error instanceof CommandError) throw error;
      const message = "Error running local command: exec: not started";
      throw new CommandError(message, { cause: error, exitStatus: SSH_FAILED });
    }
  }

  async #ssh(session: SshSession, outputs?: Outputs): Promise<number> {
    await makeKnownHostsDirectory(this.#settings);
    const args = sshArguments(this.#settings, session);
    const stdin = session.terminal === "none" && outputs !== undefined ? "none" : "inherit";
    try {
      return await this.#start({ file: "ssh", args, stdin }, outputs);
    } catch (error) {
      if (error instanceof CommandError) throw error;
      throw sshError("Unable to SSH to remote host", messageOf(error), error);
    }
  }

  /**
   * Runs a program whose output goes through this process unless it goes to a terminal: systemctl and ssh do not tell
   * that they could not write.
   * @throws {CommandError} where it was ended because nothing could be written, or nobody read it.
   */
  async #start(program: Program, asked?: Outputs): Promise<number> {
    const { terminal, stdout, stdoutGone, signal, processes } = this.#rim;
    const own = terminal.stdout ? undefined : { stdout, gone: stdoutGone };
    const outputs = asked ?? own;
    const gone = outputs?.gone;
    const end = gone === undefined ? signal : AbortSignal.any([signal, gone]);
    const status = await (await processes()).run({ ...program, ...(outputs && { outputs }) }, end);
    if (gone?.aborted === true) throw new CommandError("", { exitStatus: 0 });
    return status;
  }

  async #localMachine(): Promise<string | undefined> {
    try {
      return (await readFile(this.#rim.machineIdFile, "utf8")).trim();
    } catch {
      return undefined; // no ID, no machine of the cluster: then every unit is elsewhere
    }
  }

  async #addressOf(id: string): Promise<string> {
    const prefix = "Error getting machine IP: ";
    let address: string | undefined;
    try {
      address = (await this.#machines.all()).get(id)?.publicIp;
    } catch (error) {
      throw new CommandError(prefix + messageOf(error), { cause: error });
    }
    const shown = idText(id, "short");
    if (address === undefined) throw new CommandError(`${prefix}machine ${shown} is not present`);
    if (address === "") throw new CommandError(`${prefix}machine ${shown} has no public IP`);
    return address;
  }

  #onTerminal(program: RemoteProgram): boolean {
    const { stdin, stdout } = this.#rim.terminal;
    return program.outputs === undefined && stdin && stdout;
  }
}

function sshError(what: string, why: string, cause?: unknown): CommandError {
  return new CommandError(`${what}: ${why}`, { cause, exitStatus: SSH_FAILED });
}
