import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { RigError } from "./rig-error.ts";

const START_WITHIN_MS = 20_000;
const STOP_WITHIN_MS = 5_000;
const FREEZE_WITHIN_MS = 10_000;
const PROBE_EVERY_MS = 25;
const OUTPUT_LINES_KEPT = 30;

/** One etcd process: started and ended by its ID only. */
export class EtcdProcess {
  readonly #healthUrl: string;
  readonly #flags: readonly string[];
  #child: ChildProcess | undefined;
  #output: string[] = [];

  /** `healthAddress` is a `HOST:PORT` of its own: it answers without TLS and without a user. */
  constructor(healthAddress: string, flags: readonly string[]) {
    this.#healthUrl = `http://${healthAddress}/health`;
    this.#flags = [...flags, `--listen-metrics-urls=http://${healthAddress}`];
  }

  get pid(): number | undefined {
    return this.#isRunning() ? this.#child?.pid : undefined;
  }

  /** Resolves when etcd says that it is healthy. */
  async start(): Promise<void> {
    // setpriv replaces itself by etcd, which the kernel then ends when this process is gone.
    const command = ["--pdeathsig", "KILL", "--", "etcd", ...this.#flags];
    const child = spawn("setpriv", command, {
      detached: true, // a Ctrl-C in the terminal is not meant for it: what uses it goes first
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    this.#output = [];
    child.on("error", (error) => this.#output.push(error.message));
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.#keep(text));
    const giveUpAt = Date.now() + START_WITHIN_MS;
    while (!(await this.#isHealthy())) {
      if (!this.#isRunning()) throw this.#failure("ended while starting");
      if (Date.now() > giveUpAt) throw this.#failure(`no answer in ${START_WITHIN_MS} ms`);
      await sleep(PROBE_EVERY_MS);
    }
  }

  /** A signal takes its time to reach every thread; what is asked after this must not be answered. */
  freeze(): void {
    this.signal("SIGSTOP");
    const giveUpAt = Date.now() + FREEZE_WITHIN_MS;
    while (this.pid !== undefined && !threadStates(this.pid).every((state) => state === "T")) {
      if (Date.now() > giveUpAt) throw this.#failure(`not frozen in ${FREEZE_WITHIN_MS} ms`);
    }
  }

  signal(name: NodeJS.Signals): void {
    if (this.#isRunning()) this.#child?.kill(name);
  }

  /** Resolves when the process is gone; a SIGTERM that is not heeded in 5 s is followed by SIGKILL. */
  async end(name: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.#isRunning()) return;
    const gone = once(child, "exit");
    child.kill("SIGCONT");
    child.kill(name);
    const harder = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
    await gone;
    clearTimeout(harder);
  }

  #isRunning(): boolean {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  async #isHealthy(): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(1_000);
      const answer = await fetch(this.#healthUrl, { signal });
      return (await answer.text()).includes(`"health":"true"`);
    } catch {
      return false; // not up yet: the caller asks again until its time is over
    }
  }

  #keep(text: string): void {
    this.#output = [...this.#output, ...text.split("\n")].slice(-OUTPUT_LINES_KEPT);
  }

  #failure(what: string): RigError {
    return new RigError(`etcd (${this.#flags.join(" ")}) ${what}:\n${this.#output.join("\n")}`);
  }
}

/** One letter a thread, as in proc(5). */
function threadStates(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).charAt(0);
  });
}
