import type { Clock, Logger } from "@fleet/core";

import type { FleetApi } from "./client/fleet-api.ts";
import type { MachineDirectory } from "./client/machine-directory.ts";
import type { GlobalOptions } from "./global-options.ts";
import type { Processes } from "./ssh/processes.ts";
import type { Remote } from "./ssh/remote.ts";

/** Where text goes: a terminal, a pipe, or a test that reads it back. */
export interface Output {
  write(chunk: string | Uint8Array): void;
}

/** What the process gives to a run of fleetctl. Nothing else of the outside is touched but files. */
export interface Rim {
  readonly env: NodeJS.ProcessEnv;
  /** Opened only by those who read it: that would make it useless to programs that share it. */
  readonly stdin: () => NodeJS.ReadableStream;
  /** Whether stdin and stdout are a person's terminal. */
  readonly terminal: { readonly stdin: boolean; readonly stdout: boolean };
  readonly stdout: Output;
  /** Aborts when nothing more can be written to stdout, or nobody would read it. */
  readonly stdoutGone: AbortSignal;
  readonly stderr: Output;
  /** How wide the terminal is that shows stderr; undefined where none does, or one that cannot rewrite a line. */
  readonly terminalColumns: () => number | undefined;
  /** Aborts when the person no longer wants an answer. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly processes: () => Promise<Processes>;
  /** The file that tells this machine's ID, where it is one of the cluster's. */
  readonly machineIdFile: string;
}

/**
 * What a command gets. The functions answer once the command line has been read and the client
 * stands, which is before any command runs.
 */
export interface Context {
  readonly stdout: Output;
  readonly stdoutGone: Rim["stdoutGone"];
  readonly stderr: Output;
  readonly stdin: Rim["stdin"];
  readonly terminalColumns: Rim["terminalColumns"];
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Writes fleet's log lines to stderr. */
  readonly log: Logger;
  readonly globals: () => GlobalOptions;
  readonly client: () => FleetApi;
  readonly machines: () => MachineDirectory;
  readonly remote: () => Promise<Remote>;
  /** The status to exit with when nothing fails: that of a program that ran elsewhere. */
  readonly exitWith: (status: number) => void;
}

/** One line on stdout. */
export function say(context: Pick<Context, "stdout">, line: string): void {
  context.stdout.write(`${line}\n`);
}

/** One line on stderr. */
export function warn(context: Pick<Context, "stderr">, line: string): void {
  context.stderr.write(`${line}\n`);
}
