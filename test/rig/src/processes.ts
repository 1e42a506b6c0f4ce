import { readFileSync } from "node:fs";

import { until } from "./until.ts";

/** A process that cannot be mistaken for a later one with the same ID. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since boot. */
  readonly startTicks: number;
}

const GONE_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 10;

/** Who `pid` is now; undefined when there is no such process, or when it is a zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets and may hold blanks and brackets itself.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields === undefined || fields[0] === "Z") return undefined;
  return { pid, startTicks: Number(fields[19]) };
}

/** Whether that very process still runs. */
export function isAlive(process: ProcessIdentity): boolean {
  return identify(process.pid)?.startTicks === process.startTicks;
}

/** SIGKILL, if it is still that very process; resolves when it is gone. */
export async function killAndWait(victim: ProcessIdentity): Promise<void> {
  if (!isAlive(victim)) return;
  sendSignal(victim.pid, "SIGKILL");
  await untilGone(victim, GONE_WITHIN_MS);
}

/** Resolves when the process is gone. @throws {RigError} when it is not after `withinMs`. */
export async function untilGone(victim: ProcessIdentity, withinMs: number): Promise<void> {
  await until(
    `process ${victim.pid} is gone`,
    () => (isAlive(victim) ? { done: false, saw: "alive" } : { done: true, value: undefined }),
    { withinMs, everyMs: LOOK_EVERY_MS },
  );
}

/** Sends a signal; a process that is gone already is no failure. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The direct children of a process. */
export function childrenOf(pid: number): readonly number[] {
  const text = readOrUndefined(`/proc/${pid}/task/${pid}/children`) ?? "";
  return text.split(" ").filter(Boolean).map(Number);
}

/** Whether `pid` is process 1 of a PID namespace of its own. */
export function isNamespaceInit(pid: number): boolean {
  const status = readOrUndefined(`/proc/${pid}/status`) ?? "";
  return /^NSpid:\t\d+\t1$/m.test(status);
}

/** The contents, or undefined when the file vanished: in /proc that is an answer, not a failure. */
function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}
