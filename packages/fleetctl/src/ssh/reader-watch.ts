import { fstatSync } from "node:fs";
import { constants } from "node:os";

import type { Processes } from "./processes.ts";

const STDOUT = 1;
/** How a program ends that the system told of a pipe without readers. */
const BROKEN_PIPE = 128 + constants.signals.SIGPIPE;

/**
 * Resolves with true once nobody reads the pipe on this process' stdout any more, with false where that cannot be found out
 * or `signal` aborts. The system tells it to who writes, and Node to nobody else; GNU tail looks once a second, and ends
 * with this process whatever becomes of it.
 */
export async function readerGone(processes: Processes, signal: AbortSignal): Promise<boolean> {
  if (!fstatSync(STDOUT).isFIFO()) return false;
  const args = ["-f", `--pid=${process.pid}`, "/dev/null"];
  try {
    return (await processes.run({ file: "tail", args, stdin: "none" }, signal)) === BROKEN_PIPE;
  } catch {
    return false; // without tail what is silent goes on, as with ssh itself
  }
}
