import { setMaxListeners } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";

import type { Clock } from "@fleet/core";
import { systemClock } from "@fleet/core/system-clock";

import type { Rim } from "../src/context.ts";
import { runFleetctl } from "../src/run.ts";
import { systemProcesses } from "../src/ssh/processes.ts";
import { Capture } from "./capture.ts";

/** How a command line ended. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A place to run fleetctl in without a process of its own: an empty directory, programs that the test
 * writes, and output that is read back.
 */
export class TestTerminal implements AsyncDisposable {
  readonly directory: string;
  readonly env: Record<string, string>;
  /** What fleetctl takes for the time. */
  clock: Clock = systemClock;
  /** How wide the terminal on stderr is; undefined: a pipe. */
  columns: number | undefined;

  private constructor(directory: string) {
    this.directory = directory;
    this.env = { PATH: join(directory, "bin"), HOME: join(directory, "home") };
  }

  static async open(): Promise<TestTerminal> {
    const directory = await mkdtemp(join(tmpdir(), "fleetctl-test-"));
    await mkdir(join(directory, "bin"));
    return new TestTerminal(directory);
  }

  /** Runs a command line; nobody types anything. An aborted `signal` is Ctrl-C. */
  async run(argv: readonly string[], signal = new AbortController().signal): Promise<Ended> {
    setMaxListeners(0, signal);
    const stdout = new Capture();
    const stderr = new Capture();
    const status = await runFleetctl(argv, this.rim({ stdout, stderr, signal }));
    return { status, stdout: stdout.text, stderr: stderr.text };
  }

  rim(around: Pick<Rim, "stdout" | "stderr" | "signal">): Rim {
    const { env } = this;
    return {
      ...around,
      stdoutGone: new AbortController().signal,
      env,
      stdin: () => new PassThrough().end(),
      terminal: { stdin: false, stdout: false },
      terminalColumns: () => this.columns,
      clock: this.clock,
      processes: async () => systemProcesses(env, around),
      machineIdFile: join(this.directory, "machine-id"),
    };
  }

  /** Writes a file and gives its path. */
  async write(name: string, text: string): Promise<string> {
    const path = join(this.directory, name);
    await writeFile(path, text);
    return path;
  }

  /** A program that tells its name and arguments, one to a line, in `calls()`, then does as the script says. */
  async program(name: string, script: string): Promise<void> {
    const calls = join(this.directory, "calls");
    const lines = `#!/bin/sh\n{ echo ${name}; printf '%s\\n' "$@"; echo; } >> '${calls}'\n${script}\n`;
    await chmod(await this.write(`bin/${name}`, lines), 0o755);
  }

  /** Every call of such a program: its name, then its arguments. */
  async calls(): Promise<readonly (readonly string[])[]> {
    const text = await readFile(join(this.directory, "calls"), "utf8");
    const calls = text.trimEnd().split("\n\n");
    return calls.map((call) => call.split("\n"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}
