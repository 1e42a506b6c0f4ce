import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";

import { CommandFailedError, type CommandOptions, type CommandResult, run } from "./command.ts";
import { createMachineRoot, type FileContent } from "./machine-root.ts";
import {
  linkOf,
  type NspawnOptions,
  type NspawnRun,
  REBOOT_STATUS,
  startNspawn,
} from "./nspawn.ts";
import { killAndWait } from "./processes.ts";
import { RigError } from "./rig-error.ts";
import { type Rig, startRig } from "./rig.ts";
import { until } from "./until.ts";

export interface MachineOptions {
  /** 32 hex digits; absent: random. */
  readonly id?: string;
  /** Absent: its name, `m1`, `m2`, … */
  readonly hostname?: string;
  /** Its place among the rig's addresses; absent: the next. */
  readonly addressIndex?: number;
  /** More files, by their absolute path inside. */
  readonly files?: Readonly<Record<string, FileContent>>;
  /** More units that multi-user.target starts. */
  readonly enable?: readonly string[];
}

/** A machine of its own: systemd as process 1, its own ID, name, address, D-Bus and sshd, on the host's kernel. */
export interface Machine {
  /** `m1`, `m2`, … in the order of a rig's boots. */
  readonly name: string;
  /** What is in its /etc/machine-id. */
  readonly id: string;
  readonly hostname: string;
  readonly address: string;
  /** Its place among the rig's addresses. */
  readonly addressIndex: number;
  /** Its `/` on the host, also when it is down; without what it mounted itself (/run, /tmp). */
  readonly root: string;
  /** Its process 1 as the host sees it; undefined while it is down. */
  readonly pid: number | undefined;
  /** Whether it is up and its link is not cut. */
  readonly isReachable: boolean;
  /** Runs a command inside as root and returns its output. @throws {CommandFailedError} on a status other than 0. */
  exec(...argv: readonly string[]): Promise<string>;
  /** Runs a command inside as root, whatever its status. */
  run(argv: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** The host's path of something inside the running machine, /run and /tmp included. */
  path(inside: string): string;
  /** SIGKILL to everything in it, at once and without a word; resolves when it is gone. */
  kill(): Promise<void>;
  /** `systemctl poweroff`; resolves when it is off. */
  poweroff(): Promise<void>;
  /** `systemctl reboot`; resolves when it is up again: same root, same ID, another boot. */
  reboot(): Promise<void>;
  /** Starts a machine that is off; resolves when it is up. */
  start(): Promise<void>;
  /** Cuts it off from the network: packets vanish both ways. */
  cut(): Promise<void>;
  heal(): Promise<void>;
  /** Everything its journal holds, oldest first, also when it is down. */
  journal(): Promise<string>;
}

const BOOTED_WITHIN_MS = 60_000;
const OFF_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 10;

/** What commands inside see, whatever the environment of the rig is. */
const ENVIRONMENT_INSIDE: Readonly<Record<string, string>> = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LANG: "C.UTF-8",
};

/** One machine with a rig of its own and no fleetd; disposing of it takes down both. */
export async function startMachine(
  options: MachineOptions = {},
): Promise<Machine & AsyncDisposable> {
  const rig = await startRig();
  try {
    const machine = await bootMachine(rig, options);
    const dispose = async (): Promise<void> => rig[Symbol.asyncDispose]();
    return Object.assign(machine, { [Symbol.asyncDispose]: dispose });
  } catch (error) {
    await rig[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Boots one more machine of `rig` and resolves when its systemd, D-Bus, network and sshd are up; units of
 * `options.enable` may still be starting.
 */
export async function bootMachine(rig: Rig, options: MachineOptions = {}): Promise<Machine> {
  const index = rig.nextMachineIndex();
  const name = `m${index}`;
  const id = options.id ?? randomUUID().replaceAll("-", "");
  const hostname = options.hostname ?? name;
  const addressIndex = options.addressIndex ?? rig.nextAddressIndex();
  const address = rig.network.machineAddress(addressIndex);
  const directory = join(rig.ledger.directory, name);
  const root = await createMachineRoot(
    directory,
    {
      id,
      hostname,
      address: `${address}/${rig.network.prefixBits}`,
      authorizedKey: rig.sshKey.publicKey,
      files: options.files ?? {},
      enable: options.enable ?? [],
    },
    rig.ledger,
  );
  await appendFile(rig.knownHostsFile, `${address} ${root.hostKey}\n`);
  const machine = new NspawnMachine(rig, {
    name,
    id,
    hostname,
    address,
    addressIndex,
    root: root.path,
    nspawn: {
      name: `r${rig.ledger.number}-${name}`,
      hostname,
      root: root.path,
      bridge: rig.network.bridge,
      consoleFile: join(directory, "console.log"),
    },
  });
  await machine.start();
  return machine;
}

interface Identity {
  readonly name: string;
  readonly id: string;
  readonly hostname: string;
  readonly address: string;
  readonly addressIndex: number;
  readonly root: string;
  readonly nspawn: NspawnOptions;
}

class NspawnMachine implements Machine {
  readonly name: string;
  readonly id: string;
  readonly hostname: string;
  readonly address: string;
  readonly addressIndex: number;
  readonly root: string;
  readonly #rig: Rig;
  readonly #nspawn: NspawnOptions;
  /** The run that is up or coming up; undefined while the machine is off. */
  #run: NspawnRun | undefined;
  #isCut = false;
  /** Settles when the boot under way is over. */
  #booting: Promise<void> = Promise.resolve();

  constructor(rig: Rig, identity: Identity) {
    this.name = identity.name;
    this.id = identity.id;
    this.hostname = identity.hostname;
    this.address = identity.address;
    this.addressIndex = identity.addressIndex;
    this.root = identity.root;
    this.#rig = rig;
    this.#nspawn = identity.nspawn;
  }

  get pid(): number | undefined {
    return this.#run?.init.pid;
  }

  get isReachable(): boolean {
    return this.#run !== undefined && !this.#isCut;
  }

  async start(): Promise<void> {
    if (this.#run !== undefined) throw new RigError(`machine ${this.name} is up already`);
    this.#booting = this.#boot();
    await this.#booting;
  }

  async exec(...argv: readonly string[]): Promise<string> {
    const result = await this.run(argv);
    if (result.status !== 0) throw new CommandFailedError([`${this.name}:`, ...argv], result);
    return result.stdout;
  }

  async run(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const env = { ...ENVIRONMENT_INSIDE, ...options.env };
    const target = String(this.#requireRun().init.pid);
    return run(["nsenter", "--target", target, "--all", "--", ...argv], { ...options, env });
  }

  path(inside: string): string {
    return join(`/proc/${this.#requireRun().init.pid}/root`, inside);
  }

  async kill(): Promise<void> {
    const current = this.#requireRun();
    await killAndWait(current.init);
    await this.#untilEnded(current);
  }

  async poweroff(): Promise<void> {
    const current = this.#requireRun();
    await this.run(["systemctl", "poweroff"]); // its status tells nothing: it may be killed on the way
    await this.#untilEnded(current);
  }

  async reboot(): Promise<void> {
    const current = this.#requireRun();
    await this.run(["systemctl", "reboot"]);
    await this.#untilEnded(current);
    await this.#booting;
    this.#requireRun();
  }

  async cut(): Promise<void> {
    await this.#rig.network.cut(linkOf(this.#nspawn.name));
    this.#isCut = true;
  }

  async heal(): Promise<void> {
    await this.#rig.network.heal(linkOf(this.#nspawn.name));
    this.#isCut = false;
  }

  async journal(): Promise<string> {
    const directory = join(this.root, "var/log/journal");
    const command = ["journalctl", "--no-pager", "--output=short-precise", "-D", directory];
    return (await run(command)).stdout;
  }

  async #boot(): Promise<void> {
    this.#isCut = false; // every boot has a new link
    const current = await startNspawn(this.#nspawn, this.#rig.ledger);
    this.#run = current;
    void this.#follow(current);
    await this.#untilBooted(current);
  }

  /** Marks the machine as off when its run ends, and starts it again when that is what it asked for. */
  async #follow(current: NspawnRun): Promise<void> {
    const status = await current.ended;
    this.#run = undefined;
    if (status !== REBOOT_STATUS) return;
    this.#booting = this.#boot();
    this.#booting.catch(() => undefined); // whoever waits for the boot learns how it went
  }

  /** Waits in one systemctl for the end of the boot, as soon as there is a systemd to ask. */
  async #untilBooted(current: NspawnRun): Promise<void> {
    const socket = `/proc/${current.init.pid}/root/run/systemd/private`;
    await until(
      `machine ${this.name} runs systemd`,
      () => {
        if (this.#run !== current) return { done: true, value: undefined };
        return existsSync(socket)
          ? { done: true, value: undefined }
          : { done: false, saw: `no ${socket}` };
      },
      { withinMs: BOOTED_WITHIN_MS, everyMs: LOOK_EVERY_MS },
    );
    if (this.#run !== current) throw this.#failure("ended while it was booting");
    const target = ["systemctl", "start", "rig-booted.target"];
    const result = await this.run(target, { timeoutMs: BOOTED_WITHIN_MS });
    if (result.status !== 0) throw this.#failure(`does not boot: ${result.stderr.trim()}`);
  }

  async #untilEnded(current: NspawnRun): Promise<void> {
    let over = false;
    void current.ended.then(() => (over = true));
    await until(
      `machine ${this.name} is off`,
      () => (over ? { done: true, value: undefined } : { done: false, saw: "still up" }),
      { withinMs: OFF_WITHIN_MS, everyMs: LOOK_EVERY_MS },
    );
  }

  #requireRun(): NspawnRun {
    if (this.#run === undefined) throw new RigError(`machine ${this.name} is off`);
    return this.#run;
  }

  #failure(what: string): RigError {
    const lines = readFileSync(this.#nspawn.consoleFile, "utf8").trimEnd().split("\n");
    return new RigError(`machine ${this.name} ${what}\n${lines.slice(-20).join("\n")}`);
  }
}
