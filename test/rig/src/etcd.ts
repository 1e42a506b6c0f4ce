import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface EtcdOptions {
  /** Address to listen on; absent: 127.0.0.1. A port that is absent is chosen by the system. */
  readonly listen?: { readonly host: string; readonly port?: number };
  /** Kept when the etcd stops; absent: a temporary directory, in memory where there is /dev/shm. */
  readonly dataDir?: string;
  /** More flags for etcd, e.g. `--auto-compaction-retention=1`. */
  readonly flags?: readonly string[];
}

/** One running etcd. Its data survives `kill` and `restart`; `stop` removes it. */
export interface Etcd extends AsyncDisposable {
  /** `http://HOST:PORT`; stays the same through restarts. */
  readonly endpoint: string;
  /** undefined while it is down. */
  readonly pid: number | undefined;
  /** Freezes it: connections stay open, nothing answers. Frozen when the call returns. */
  pause(): void;
  resume(): void;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Kills it if it runs and starts it on the same data and ports; resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it in good order and removes the temporary data. May be called twice. */
  stop(): Promise<void>;
}

const START_WITHIN_MS = 20_000;
const STOP_WITHIN_MS = 5_000;
const FREEZE_WITHIN_MS = 1_000;
const PROBE_EVERY_MS = 25;
const OUTPUT_LINES_KEPT = 30;
const DATA_HOMES = ["/dev/shm", tmpdir()];

/**
 * Boots a real etcd and resolves when it answers. It dies with this process, whatever happens.
 * @throws {Error} with etcd's last lines when it ends early or does not answer in 20 s.
 */
export async function startEtcd(options: EtcdOptions = {}): Promise<Etcd> {
  const host = options.listen?.host ?? "127.0.0.1";
  const clientPort = options.listen?.port ?? (await freePort(host));
  const peerPort = await freePort("127.0.0.1");
  const home = DATA_HOMES.find((path) => existsSync(path)) ?? tmpdir();
  const dataDir = options.dataDir ?? (await mkdtemp(join(home, "fleet-etcd-")));
  const endpoint = `http://${host}:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const member = new EtcdProcess(endpoint, [
    "--name=rig",
    `--data-dir=${dataDir}`,
    `--listen-client-urls=${endpoint}`,
    `--advertise-client-urls=${endpoint}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=rig=${peer}`,
    ...(options.flags ?? []),
  ]);
  const removeData = async (): Promise<void> => {
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await member.start();
  } catch (error) {
    await member.end("SIGKILL");
    await removeData();
    throw error;
  }
  return etcdOf(member, endpoint, removeData);
}

function etcdOf(member: EtcdProcess, endpoint: string, removeData: () => Promise<void>): Etcd {
  const stop = async (): Promise<void> => {
    await member.end("SIGTERM");
    await removeData();
  };
  return {
    endpoint,
    get pid() {
      return member.pid;
    },
    pause: () => member.freeze(),
    resume: () => member.signal("SIGCONT"),
    kill: () => member.end("SIGKILL"),
    restart: async () => {
      await member.end("SIGKILL");
      await member.start();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The process behind one {@link Etcd}: started and ended by its ID only. */
class EtcdProcess {
  readonly #endpoint: string;
  readonly #flags: readonly string[];
  #child: ChildProcess | undefined;
  #output: string[] = [];

  constructor(endpoint: string, flags: readonly string[]) {
    this.#endpoint = endpoint;
    this.#flags = flags;
  }

  get pid(): number | undefined {
    return this.#isRunning() ? this.#child?.pid : undefined;
  }

  /** Resolves when etcd says that it is healthy. */
  async start(): Promise<void> {
    // setpriv replaces itself by etcd, which the kernel then ends when this process is gone.
    const command = ["--pdeathsig", "KILL", "--", "etcd", ...this.#flags];
    const child = spawn("setpriv", command, { stdio: ["ignore", "ignore", "pipe"] });
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
      const answer = await fetch(`${this.#endpoint}/health`, { signal });
      return (await answer.text()).includes(`"health":"true"`);
    } catch {
      return false; // not up yet: the caller asks again until its time is over
    }
  }

  #keep(text: string): void {
    this.#output = [...this.#output, ...text.split("\n")].slice(-OUTPUT_LINES_KEPT);
  }

  #failure(what: string): Error {
    return new Error(`etcd at ${this.#endpoint} ${what}:\n${this.#output.join("\n")}`);
  }
}

/** One letter a thread, as in proc(5). */
function threadStates(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).charAt(0);
  });
}

/** A port that was free a moment ago. */
async function freePort(host: string): Promise<number> {
  const server = createServer();
  server.listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
