import { spawn } from "node:child_process";

import { RigError } from "./rig-error.ts";

export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment; absent: this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What the command reads on its standard input; absent: nothing. */
  readonly input?: string;
  /** SIGKILL after this time; absent: 60 s. */
  readonly timeoutMs?: number;
}

/** What a command that ended left behind. */
export interface CommandResult {
  /** The exit status; 128 + the signal's number when a signal ended it, as a shell says it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command ended with a status other than 0. */
export class CommandFailedError extends RigError {
  readonly result: CommandResult;

  constructor(argv: readonly string[], result: CommandResult) {
    const said = result.stderr.trim() || result.stdout.trim() || "no output";
    super(`${argv.join(" ")}: exit status ${result.status}: ${said}`);
    this.result = result;
  }
}

const TIMEOUT_MS = 60_000;
const SIGKILL_STATUS = 137;
const SIGNAL_STATUS: Readonly<Record<string, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGKILL: SIGKILL_STATUS,
  SIGPIPE: 141,
  SIGTERM: 143,
};

/**
 * Runs one command to its end, without a shell, and returns all of its output.
 * @throws {RigError} when it cannot be started or takes longer than `timeoutMs`.
 */
export async function run(
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { cwd, env, input = "", timeoutMs = TIMEOUT_MS } = options;
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: env ?? process.env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(new RigError(`${program} cannot be started: ${error.message}`, { cause: error }));
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      const status = code ?? SIGNAL_STATUS[signal ?? ""] ?? SIGKILL_STATUS;
      const result = { status, stdout: stdout(), stderr: stderr() };
      if (late) reject(new RigError(lateMessage(argv, timeoutMs, result)));
      else resolve(result);
    });
    child.stdin.on("error", () => undefined); // it may end without having read its input
    child.stdin.end(input);
  });
}

/** Like {@link run}, returns the standard output. @throws {CommandFailedError} on a status other than 0. */
export async function runOk(
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await run(argv, options);
  if (result.status !== 0) throw new CommandFailedError(argv, result);
  return result.stdout;
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString("utf8");
}

function lateMessage(argv: readonly string[], timeoutMs: number, result: CommandResult): string {
  return `${argv.join(" ")}: not done after ${timeoutMs} ms: ${result.stderr.trim()}`;
}
