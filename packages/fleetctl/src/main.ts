import { setMaxListeners } from "node:events";
import { isatty } from "node:tty";

import type { Output, Rim } from "./context.ts";
import { runFleetctl } from "./run.ts";
import { systemClock } from "./system-clock.ts";

/** What a shell reports for a program that a signal ended. */
const STATUS_OF = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** How long a tunnel may take to be closed after Ctrl-C. */
const FAREWELL_MS_MAX = 500;

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

/**
 * A stream that is opened at its first use, because that costs a millisecond. When whoever read it has gone (`head`,
 * for example), what is left to say is said to nobody.
 */
function output(open: () => NodeJS.WriteStream): Output {
  let stream: NodeJS.WriteStream | undefined;
  let isOpen = true;
  const opened = (): NodeJS.WriteStream => {
    const first = open();
    first.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      isOpen = false;
    });
    return first;
  };
  return {
    write: (chunk) => {
      stream ??= opened();
      if (isOpen) stream.write(chunk);
    },
  };
}

const terminal = { stdin: isatty(0), stdout: isatty(1) };

const rim: Rim = {
  env: process.env,
  stdin: () => process.stdin,
  terminal,
  stdout: output(() => process.stdout),
  stderr: output(() => process.stderr),
  signal: interrupt.signal,
  clock: systemClock,
  // Few commands start a program.
  processes: async () => {
    const { sshEnvironment } = await import("./ssh/ask-on-stdin.ts");
    const { systemProcesses } = await import("./ssh/processes.ts");
    return systemProcesses(sshEnvironment(process.env, { isTerminal: terminal.stdin }));
  },
  machineIdFile: "/etc/machine-id",
};

const status = await runFleetctl(process.argv.slice(2), rim);
process.exit(process.exitCode ?? status);
