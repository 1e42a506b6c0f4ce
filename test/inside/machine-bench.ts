import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { lstat, mkdir, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { type Logger, parseUnitName, silentLogger, type UnitName } from "@fleet/core";
import type { UnitManager } from "@fleet/systemd";
import {
  type BusChoice,
  openSystemdUnitManager,
  type SystemdUnitManager,
} from "@fleet/systemd/dbus";
import { realClock, type UnitManagerBench } from "@fleet/systemd/testing";

const execute = promisify(execFile);

const PERSONS_RUNTIME = "/run/user/0";
const FOREIGN_TEXT = "[Service]\nExecStart=/bin/sleep infinity\n";

/** Which systemd of the machine is driven. */
export interface Scope {
  readonly systemctl: (...args: readonly string[]) => Promise<string>;
  /** Where links that end with the boot lie. */
  readonly links: string;
  /** Where whoever owns this systemd has units of their own. */
  readonly ownUnits: string;
}

/** The machine's systemd. */
export const machineScope: Scope = {
  systemctl: async (...args) => systemctl(...args),
  links: "/run/systemd/system",
  ownUnits: "/etc/systemd/system",
};

/** The systemd of one person, root, who has no session: {@link startPersonsSystemd} starts it. */
export const personScope: Scope = {
  systemctl: async (...args) => {
    const env = { ...process.env, XDG_RUNTIME_DIR: PERSONS_RUNTIME };
    return (await execute("systemctl", ["--user", ...args], { env })).stdout.trim();
  },
  links: `${PERSONS_RUNTIME}/systemd/user`,
  ownUnits: "/etc/systemd/user",
};

/** Runs systemctl, whose output it returns. Rejects when it fails. */
export async function systemctl(...args: readonly string[]): Promise<string> {
  return command("systemctl", ...args);
}

/** Runs a program, whose output it returns. Rejects when it fails. */
export async function command(program: string, ...args: readonly string[]): Promise<string> {
  return (await execute(program, args)).stdout.trim();
}

/** Starts a person's own systemd as a service, since a machine of the rig has no logind to do so. It may run already. */
export async function startPersonsSystemd(): Promise<void> {
  if (existsSync(join(PERSONS_RUNTIME, "systemd/private"))) return;
  await mkdir(PERSONS_RUNTIME, { recursive: true, mode: 0o700 });
  const service = ["--unit=persons-systemd", "--service-type=notify", "--property=Delegate=yes"];
  const environment = [`--setenv=XDG_RUNTIME_DIR=${PERSONS_RUNTIME}`, "--setenv=HOME=/root"];
  await command("systemd-run", ...service, ...environment, "/lib/systemd/systemd", "--user");
}

export interface MachineBenchOptions {
  readonly bus: BusChoice;
  /** Absent: the machine's. */
  readonly scope?: Scope;
  /** What breaks a connection of this kind for a moment. */
  readonly breakConnection: () => Promise<void>;
  /** Absent: nobody listens. */
  readonly log?: Logger;
}

/** A systemd of this machine, made ready for the contract. */
export class MachineBench implements UnitManagerBench {
  readonly foreign = parseUnitName("contract-foreign.service");
  readonly directory: string;
  readonly #root: string;
  readonly #options: MachineBenchOptions;
  readonly #scope: Scope;
  #manager: SystemdUnitManager | undefined;
  #boots = 1;

  private constructor(root: string, options: MachineBenchOptions) {
    this.#root = root;
    this.directory = join(root, "units");
    this.#options = options;
    this.#scope = options.scope ?? machineScope;
  }

  static async open(options: MachineBenchOptions): Promise<MachineBench> {
    const bench = new MachineBench("/run/fleet-contract", options);
    await rm(bench.#root, { recursive: true, force: true });
    await mkdir(bench.#root, { recursive: true });
    await mkdir(bench.#scope.ownUnits, { recursive: true });
    await writeFile(bench.#foreignPath(), FOREIGN_TEXT);
    await bench.#open();
    return bench;
  }

  get manager(): SystemdUnitManager {
    if (this.#manager === undefined) throw new Error("no manager is open");
    return this.#manager;
  }

  teach(): void {
    // systemd reads in the file what the unit does
  }

  async reopen(): Promise<void> {
    await this.manager.close();
    await this.#open();
  }

  async reboot(): Promise<void> {
    await this.#stopAll(this.manager);
    for (const link of await this.#links()) await rm(link);
    await this.#scope.systemctl("daemon-reload");
    this.#boots += 1;
    await this.reopen();
  }

  async breakConnection(): Promise<void> {
    await this.#options.breakConnection();
  }

  async edit(unit: UnitName, text: string): Promise<void> {
    await writeFile(join(this.directory, unit), text);
  }

  async isForeignUntouched(): Promise<boolean> {
    if (existsSync(join(this.#scope.links, this.foreign))) return false;
    return (await readFile(this.#foreignPath(), "utf8")) === FOREIGN_TEXT;
  }

  async isEnabled(unit: UnitName): Promise<boolean> {
    return existsSync(join(this.#scope.links, "contract.target.wants", unit));
  }

  async reloads(): Promise<string> {
    return this.#scope.systemctl("show", "--property=UnitsLoadTimestampMonotonic");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const units = await this.#stopAll(this.manager);
    await this.manager.remove(units, new AbortController().signal);
    await this.manager.close();
    await rm(this.#foreignPath());
    await rm(this.#root, { recursive: true });
  }

  async #open(): Promise<void> {
    this.#manager = await openSystemdUnitManager({
      directory: this.directory,
      owner: "bench",
      companions: [],
      bus: this.#options.bus,
      bootId: `boot-${this.#boots}`,
      clock: realClock,
      log: this.#options.log ?? silentLogger,
    });
  }

  async #stopAll(manager: UnitManager): Promise<readonly UnitName[]> {
    const { signal } = new AbortController();
    const units = (await manager.installed(signal)).map(({ unit }) => unit);
    await Promise.all(units.map(async (unit) => manager.stop(unit, signal)));
    return units;
  }

  async #links(): Promise<readonly string[]> {
    const links: string[] = [];
    for (const entry of await readdir(this.#scope.links)) {
      const path = join(this.#scope.links, entry);
      if (!(await lstat(path)).isSymbolicLink()) continue;
      if ((await readlink(path)).startsWith(this.directory)) links.push(path);
    }
    return links;
  }

  #foreignPath(): string {
    return join(this.#scope.ownUnits, this.foreign);
  }
}
