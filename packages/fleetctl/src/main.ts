import { setMaxListeners } from "node:events";
import { isatty } from "node:tty";

import { systemClock } from "@fleet/core/system-clock";

import type { Rim } from "./context.ts";
import { FAILURE } from "./errors.ts";
import { goFileError } from "./go-file-error.ts";
import { processOutput } from "./process-output.ts";
import type { Processes } from "./ssh/processes.ts";
import { runFleetctl } from "./run.ts";

/** What a shell reports for a program that a signal ended. */
const STATUS_OF = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** How long a tunnel may take to be closed after Ctrl-C. */
const FAREWELL_MS_MAX = 500;
/** The width of a terminal that does not tell it. */
const USUAL_COLUMNS = 80;

const interrupt = new AbortController();
// Every program and wait that is under way listens; how many there are is bounded where they start.
setMaxListeners(0, interrupt.signal);

for (const [name, status] of Object.entries(STATUS_OF)) {
  process.on(name, () => {
    if (interrupt.signal.aborted) process.exit(status);
    interrupt.abort(new Error(`ended by ${name}`));
    process.exitCode = status;
    setTimeout(() => process.exit(status), FAREWELL_MS_MAX).unref();
  });
}

/** The run is over. */
const finished = new AbortController();
let watching: Promise<void> | undefined;

const stdout = processOutput(() => process.stdout);
const stderr = processOutput(() => process.stderr);
const terminal = { stdin: isatty(0), stdout: isatty(1) };

const rim: Rim = {
  env: process.env,
  stdin: () => process.stdin,
  terminal,
  stdout,
  stdoutGone: stdout.gone,
  stderr,
  terminalColumns: () => {
    const canRewrite = isatty(2) && process.env["TERM"] !== "dumb";
    return canRewrite ? process.stderr.columns || USUAL_COLUMNS : undefined;
  },
  signal: interrupt.signal,
  clock: systemClock,
  // Few commands start a program.
  processes: async () => {
    const { sshEnvironment } = await import("./ssh/ask-on-stdin.ts");
    const { systemProcesses } = await import("./ssh/processes.ts");
    const env = sshEnvironment(process.env, { isTerminal: terminal.stdin });
    const processes = systemProcesses(env);
    watching ??= closeWithItsReader(processes);
    return processes;
  },
  machineIdFile: "/etc/machine-id",
};

void main();

/** What a program says that is started here goes through this process, and may be nothing for hours. */
async function closeWithItsReader(processes: Processes): Promise<void> {
  const { readerGone } = await import("./ssh/reader-watch.ts");
  if (await readerGone(processes, finished.signal)) stdout.close();
}

async function main(): Promise<void> {
  const status = await runFleetctl(process.argv.slice(2), rim);
  const unwritten = await stdout.flushed();
  if (unwritten !== undefined) {
    stderr.write(`${goFileError("write", "/dev/stdout", unwritten).message}\n`);
  }
  await stderr.flushed();
  finished.abort();
  await watching; // what it started holds the pipe open, too
  process.exit(process.exitCode ?? (unwritten === undefined ? status : status || FAILURE));
}
