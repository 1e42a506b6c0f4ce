import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { runOk } from "./command.ts";
import { type Etcd, startEtcd } from "./etcd.ts";
import { fleetConfText } from "./fleet-files.ts";
import { PROJECT_DIRECTORY } from "./project.ts";
import { RigError } from "./rig-error.ts";
import { until } from "./until.ts";

const AGENT_TTL = "5s";
const NO_SYSTEMD =
  "without root your own systemd is needed, and it does not run here: log in on a machine with systemd, or run as root";
const LOG_LINES_SHOWN = 15;

/** A fleet of one machine, this one, that needs no root: its units run on the caller's own systemd. */
export interface OwnFleet extends AsyncDisposable {
  /** For fleetctl's `--endpoint`. */
  readonly endpoint: string;
  /** Runs fleetctl in the checkout; returns its output. @throws {CommandFailedError} */
  fleetctl(...args: readonly string[]): Promise<string>;
}

/**
 * Starts an etcd on loopback and a fleetd, both of which end with this process, in a temporary directory. Disposing
 * of it stops every unit and leaves nothing behind.
 * @throws {RigError} saying what is missing, or with the daemon's last words.
 */
export async function startOwnFleet(): Promise<OwnFleet> {
  const runtime = process.env["XDG_RUNTIME_DIR"] ?? "";
  if (!existsSync(join(runtime, "systemd/private"))) throw new RigError(NO_SYSTEMD);
  const directory = await mkdtemp(join(tmpdir(), "fleet-own-"));
  const etcd = await startEtcd();
  const fleet = new LocalFleet(directory, etcd);
  try {
    await fleet.start(runtime);
    return fleet;
  } catch (error) {
    await fleet[Symbol.asyncDispose]();
    throw error;
  }
}

class LocalFleet implements OwnFleet {
  readonly endpoint: string;
  readonly #directory: string;
  readonly #etcd: Etcd;
  #fleetd: ChildProcess | undefined;

  constructor(directory: string, etcd: Etcd) {
    this.#directory = directory;
    this.#etcd = etcd;
    this.endpoint = `unix://${join(directory, "fleet.sock")}`;
  }

  async start(runtime: string): Promise<void> {
    const conf = join(this.#directory, "fleet.conf");
    const settings = {
      etcd_servers: [this.#etcd.endpoint],
      systemd_user: true,
      units_directory: join(this.#directory, "units"),
      agent_ttl: AGENT_TTL,
      log_format: "text",
    };
    await writeFile(conf, fleetConfText(settings), { mode: 0o600 });
    const log = await open(this.#logFile, "w");
    // setpriv and systemd's program replace themselves by fleetd, which leaves the cluster should this process die.
    const command = ["--pdeathsig", "TERM", "--", "systemd-socket-activate"];
    const socket = `--listen=${join(this.#directory, "fleet.sock")}`;
    const program = [process.execPath, programPath("fleetd"), `--config=${conf}`];
    this.#fleetd = spawn("setpriv", [...command, socket, ...program], {
      detached: true, // a Ctrl-C in the terminal is not meant for it
      stdio: ["ignore", log.fd, log.fd],
      env: { PATH: process.env["PATH"], XDG_RUNTIME_DIR: runtime },
    });
    await log.close();
    await until("fleetd is in the cluster", async () => this.#look());
  }

  async fleetctl(...args: readonly string[]): Promise<string> {
    const argv = [process.execPath, programPath("fleetctl"), `--endpoint=${this.endpoint}`];
    const env = { PATH: process.env["PATH"], LANG: "C.UTF-8" };
    return runOk([...argv, ...args], { cwd: PROJECT_DIRECTORY, env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const fleetd = this.#fleetd;
    if (fleetd !== undefined && fleetd.exitCode === null && fleetd.signalCode === null) {
      const gone = once(fleetd, "exit");
      fleetd.kill("SIGTERM");
      await gone;
    }
    await this.#etcd.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  get #logFile(): string {
    return join(this.#directory, "fleetd.log");
  }

  async #look() {
    const fleetd = this.#fleetd;
    if (fleetd?.exitCode !== null) {
      const lines = (await readFile(this.#logFile, "utf8")).trimEnd().split("\n");
      throw new RigError(`fleetd has ended:\n${lines.slice(-LOG_LINES_SHOWN).join("\n")}`);
    }
    try {
      const machines = await this.fleetctl("list-machines", "--no-legend");
      if (machines !== "") return { done: true, value: undefined } as const;
      return { done: false, saw: "no machine" } as const;
    } catch (error) {
      return { done: false, saw: (error as Error).message } as const;
    }
  }
}

function programPath(name: "fleetd" | "fleetctl"): string {
  return join(PROJECT_DIRECTORY, `packages/${name}/bin/${name}.js`);
}
