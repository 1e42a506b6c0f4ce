import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import type { HeartbeatReport } from "./heartbeats.ts";
import type { MachinesTask } from "./setting.ts";

const START_MS_MAX = 60_000;
const ANSWER_MS_MAX = 60_000;

/** What a process of machines saw since it was asked last. */
export interface MachinesReport extends HeartbeatReport {
  /** The longest time for which the process did nothing but compute. */
  readonly longestBlockMs: number;
  /** What the process held in memory before it had any machine. */
  readonly rssBytesEmpty: number;
  /** Stops of units' processes. */
  readonly stops: number;
  /** Where the HTTP API is served. */
  readonly ports: readonly number[];
}

/** A process of the load; it ends with this one. */
export class LoadProcess implements AsyncDisposable {
  readonly name: string;
  readonly #child: ChildProcess;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
  }

  /** Resolves when its machines have begun to work. */
  static async start(name: string, task: MachinesTask): Promise<LoadProcess> {
    const path = fileURLToPath(new URL("machines-process.js", import.meta.url));
    const started = new LoadProcess(name, fork(path, [JSON.stringify(task)]));
    await started.#answer(START_MS_MAX);
    return started;
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`${this.name} did not start`);
    return pid;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async report(): Promise<MachinesReport> {
    const answer = this.#answer(ANSWER_MS_MAX);
    this.#child.send("report");
    return (await answer) as MachinesReport;
  }

  /** SIGKILL: it says nothing to anybody any more. */
  async kill(): Promise<void> {
    if (!this.isRunning) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #answer(withinMs: number): Promise<unknown> {
    const over = AbortSignal.timeout(withinMs);
    const settled = new AbortController();
    const signal = AbortSignal.any([over, settled.signal]);
    try {
      const ended = once(this.#child, "exit", { signal }).then(() => {
        throw new Error(`${this.name} ended`);
      });
      const [answer] = (await Promise.race([once(this.#child, "message", { signal }), ended])) as [
        unknown,
      ];
      return answer;
    } catch (error) {
      if (over.aborted)
        throw new Error(`${this.name}: no answer in ${withinMs} ms`, { cause: error });
      throw error;
    } finally {
      settled.abort();
    }
  }
}
