import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";

import type { Output } from "../context.ts";

/** Where a program's output goes when not to the terminal. */
export interface Outputs {
  readonly stdout: Output;
  /** Absent: where fleetctl's own goes. */
  readonly stderr?: Output;
  /** Aborts when nothing more can be written to `stdout`, or nobody would read it: that ends the program. */
  readonly gone?: AbortSignal;
}

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly stdin: "inherit" | "none";
  /** Absent: the program writes where fleetctl itself writes. */
  readonly outputs?: Outputs;
}

/** Starts the programs that fleetctl leaves work to: ssh, systemctl, journalctl. */
export interface Processes {
  /**
   * Runs a program to its end; resolves with its exit status, 128 + N when signal N ended it. An
   * aborted `signal` ends the program.
   * @throws when the program cannot be started.
   */
  run(program: Program, signal: AbortSignal): Promise<number>;
  /** Starts a program to talk to; the caller ends it. Its stderr goes where fleetctl's goes. */
  open(program: Pick<Program, "file" | "args">): OpenProcess;
  /** Starts a program to listen to, which may read fleetctl's own stdin; the caller ends it. */
  follow(program: Pick<Program, "file" | "args">): FollowedProcess;
}

/** A running program with its stdin and stdout in our hands. */
export interface OpenProcess extends FollowedProcess {
  readonly stdin: Writable;
}

/** A running program with its stdout in our hands. */
export interface FollowedProcess {
  readonly stdout: Readable;
  /** Its exit status, once it has ended. Rejects when it could not be started. */
  readonly ended: Promise<number>;
  /** Asks it to end. */
  end(): void;
}

/** What a shell adds to a signal's number to make an exit status of it. */
const SIGNAL_STATUS_BASE = 128;

/**
 * The system's own. With `outputs`, programs write there and have no stdin (tests read them back);
 * without, they share the process' terminal.
 */
export function systemProcesses(env: NodeJS.ProcessEnv, outputs?: Outputs): Processes {
  return {
    run: (program, signal) => {
      const stdout = program.outputs?.stdout ?? outputs?.stdout;
      const stderr = program.outputs?.stderr ?? outputs?.stderr;
      const stdin = program.stdin === "inherit" && outputs === undefined ? "inherit" : "ignore";
      const child = start(program, env, [stdin, inheritedUnless(stdout), inheritedUnless(stderr)]);
      child.stdout?.on("data", (chunk: Uint8Array) => stdout?.write(chunk));
      child.stderr?.on("data", (chunk: Uint8Array) => stderr?.write(chunk));
      return abortable(child, signal);
    },
    open: (program) => {
      const { child, followed } = follow(program, "pipe", env, outputs);
      if (child.stdin === null) throw new Error("invariant broken: a pipe is missing");
      return { ...followed, stdin: child.stdin };
    },
    follow: (program) => {
      const stdin = outputs === undefined ? "inherit" : "ignore";
      return follow(program, stdin, env, outputs).followed;
    },
  };
}

function follow(
  program: Pick<Program, "file" | "args">,
  stdin: "pipe" | "inherit" | "ignore",
  env: NodeJS.ProcessEnv,
  outputs?: Outputs,
): { readonly child: ChildProcess; readonly followed: FollowedProcess } {
  const child = start(program, env, [stdin, "pipe", outputs === undefined ? "inherit" : "pipe"]);
  child.stderr?.on("data", (chunk: Uint8Array) => outputs?.stderr?.write(chunk));
  const { stdout } = child;
  if (stdout === null) throw new Error("invariant broken: a pipe is missing");
  return { child, followed: { stdout, ended: statusOf(child), end: () => void child.kill() } };
}

function start(
  { file, args }: Pick<Program, "file" | "args">,
  env: NodeJS.ProcessEnv,
  stdio: StdioOptions,
): ChildProcess {
  return spawn(file, args, { env, stdio });
}

function inheritedUnless(output: Output | undefined): "inherit" | "pipe" {
  return output === undefined ? "inherit" : "pipe";
}

async function abortable(child: ChildProcess, signal: AbortSignal): Promise<number> {
  const end = (): void => void child.kill();
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  try {
    return await statusOf(child);
  } finally {
    signal.removeEventListener("abort", end);
  }
}

function statusOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      resolve(code ?? SIGNAL_STATUS_BASE + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
