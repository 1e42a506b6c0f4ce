import { join } from "node:path";

import { CommandFailedError, type CommandOptions, type CommandResult } from "./command.ts";
import { type Etcd, type EtcdCluster, startEtcdCluster } from "./etcd.ts";
import { saveEvidence } from "./evidence.ts";
import { endpointOf, presentMachines, statesOf } from "./fleet-api.ts";
import { type FleetConf, FLEET_UNITS, fleetFiles } from "./fleet-files.ts";
import { type FleetctlCaller, runFleetctl, writeFleetctl } from "./fleetctl.ts";
import { bootMachine, type Machine, type MachineOptions } from "./machine.ts";
import { mountTmpfs } from "./machine-root.ts";
import { RigError } from "./rig-error.ts";
import { type Rig, startRig } from "./rig.ts";
import { startSshAgent } from "./ssh-agent.ts";
import { until, type UntilOptions } from "./until.ts";

export interface ClusterMachineOptions extends MachineOptions {
  /** Settings of this machine's fleet.conf; they win over the cluster's. */
  readonly fleetConf?: FleetConf;
  /** Variables of its fleetd, such as FLEET_METADATA. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ClusterOptions {
  /** Where the cluster is to live, which then is taken down with it; absent: a rig of its own. */
  readonly rig?: Rig;
  /** How many machines, or what each of them is like. */
  readonly machines: number | readonly ClusterMachineOptions[];
  /** Settings of every machine's fleet.conf, beside `etcd_servers` and `public_ip`. */
  readonly fleetConf?: FleetConf;
  /** How long a machine may be silent, e.g. `3s`; absent: what fleetd takes by itself. */
  readonly agentTtl?: string;
  /** Variables of every fleetd. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How many etcd are its store; absent: one. */
  readonly etcdMembers?: number;
  /** More flags for etcd. */
  readonly etcdFlags?: readonly string[];
  /** Where to leave journals, etcd's contents and listings when the cluster is taken down; absent: nowhere. */
  readonly evidenceDirectory?: string;
}

export interface FleetctlOptions extends CommandOptions {
  /** Which machine's API to ask; absent: the first that can be reached. */
  readonly via?: Machine;
}

/** A real etcd and real machines that run fleetd. Disposing of it takes everything down. */
export interface Cluster extends AsyncDisposable {
  readonly rig: Rig;
  /** The store's only member, or its first. */
  readonly etcd: Etcd;
  readonly etcdMembers: readonly Etcd[];
  /** In the order of their boots; those that are down included, replaced ones not. */
  readonly machines: readonly Machine[];
  /** The machine with this ID. @throws {RigError} when there is none. */
  machine(id: string): Machine;
  /** `http://ADDRESS:PORT` of a machine's API; absent: of the first machine that can be reached. */
  endpoint(via?: Machine): string;
  /**
   * Runs fleetctl on the host, in the checkout, with an agent that holds the machines' key; returns its output.
   * @throws {CommandFailedError} on a status other than 0.
   */
  fleetctl(...args: readonly string[]): Promise<string>;
  /** The same, whatever its status. `--endpoint` is left out when `args` or `env` say where to go. */
  runFleetctl(args: readonly string[], options?: FleetctlOptions): Promise<CommandResult>;
  /**
   * Writes a program that does the same from any shell of the host, and asks the first of these machines whose API
   * answers; returns its path.
   */
  writeFleetctl(machines: readonly Machine[]): Promise<string>;
  /**
   * Resolves when exactly these many machines are present, as whichever fleetd answers says; returns their IDs.
   * Within 30 s by default.
   */
  untilPresent(count: number, options?: UntilOptions): Promise<readonly string[]>;
  /** The same for a unit that is active on exactly one machine; returns the machine's ID. */
  untilActive(unit: string, options?: UntilOptions): Promise<string>;
  /** Boots one more machine, and waits until it is present. */
  addMachine(options?: ClusterMachineOptions): Promise<Machine>;
  /** Powers a machine off for good and boots another with the same address and a new ID in its stead. */
  replaceMachine(machine: Machine, options?: ClusterMachineOptions): Promise<Machine>;
  /** Writes journals, etcd's contents and listings into `directory`. Never fails for what it cannot get. */
  saveEvidence(directory: string): Promise<void>;
}

const WITHIN_MS = 30_000;
const ETCD_SIZE_LIMIT = "512m";

/**
 * Starts an etcd and boots the machines, in parallel; resolves when every one of them is present.
 * @throws {RigError} with the daemon's last words when one does not come up.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const rig = options.rig ?? (await startRig());
  let cluster: RigCluster | undefined;
  try {
    const dataDir = join(rig.ledger.directory, "etcd");
    await mountTmpfs(dataDir, ETCD_SIZE_LIMIT, rig.ledger);
    const store = await startEtcdCluster(options.etcdMembers ?? 1, {
      listen: { host: rig.network.hostAddress },
      dataDir,
      flags: options.etcdFlags ?? [],
    });
    cluster = new RigCluster(rig, store, await startSshAgent(rig), options);
    await cluster.bootAll();
    return cluster;
  } catch (error) {
    if (cluster === undefined) await rig[Symbol.asyncDispose]();
    else await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

class RigCluster implements Cluster {
  readonly rig: Rig;
  readonly #store: EtcdCluster;
  readonly #sshAgentSocket: string;
  readonly #options: ClusterOptions;
  #machines: readonly Machine[] = [];

  constructor(rig: Rig, store: EtcdCluster, sshAgentSocket: string, options: ClusterOptions) {
    this.rig = rig;
    this.#store = store;
    this.#sshAgentSocket = sshAgentSocket;
    this.#options = options;
  }

  get etcd(): Etcd {
    const [first] = this.#store.members;
    if (first === undefined) throw new RigError("the store has no member");
    return first;
  }

  get etcdMembers(): readonly Etcd[] {
    return this.#store.members;
  }

  get machines(): readonly Machine[] {
    return this.#machines;
  }

  async bootAll(): Promise<void> {
    const { machines } = this.#options;
    const wanted =
      typeof machines === "number" ? Array.from({ length: machines }, () => ({})) : machines;
    // All of them settle before anything is taken down, lest one goes on booting meanwhile.
    const boots = await Promise.allSettled(wanted.map(async (one) => this.#boot(one)));
    const failed = boots.find((boot) => boot.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    this.#machines = this.#machines.toSorted((a, b) => a.addressIndex - b.addressIndex);
    await this.#untilAllPresent();
  }

  machine(id: string): Machine {
    const found = this.#machines.find((machine) => machine.id === id);
    if (found === undefined) throw new RigError(`no machine has the ID ${id}`);
    return found;
  }

  endpoint(via: Machine = this.#reachable()): string {
    return endpointOf(via.address);
  }

  async fleetctl(...args: readonly string[]): Promise<string> {
    const result = await this.runFleetctl(args);
    if (result.status !== 0) throw new CommandFailedError(["fleetctl", ...args], result);
    return result.stdout;
  }

  async runFleetctl(
    args: readonly string[],
    options: FleetctlOptions = {},
  ): Promise<CommandResult> {
    const { via, ...rest } = options;
    return runFleetctl(
      this.#caller(() => this.endpoint(via)),
      args,
      rest,
    );
  }

  async writeFleetctl(machines: readonly Machine[]): Promise<string> {
    const endpoints = machines.map((machine) => this.endpoint(machine));
    return writeFleetctl(
      this.#caller(() => this.endpoint()),
      endpoints,
    );
  }

  async untilPresent(count: number, options: UntilOptions = {}): Promise<readonly string[]> {
    return until(
      `${count} machines are present`,
      async () => {
        const present = await this.#ask(presentMachines);
        const ids = present.map((machine) => machine.id);
        if (ids.length === count) return { done: true, value: ids };
        return { done: false, saw: `${ids.length}: ${ids.join(" ")}` };
      },
      { withinMs: WITHIN_MS, ...options },
    );
  }

  async untilActive(unit: string, options: UntilOptions = {}): Promise<string> {
    return until(
      `${unit} is active on one machine`,
      async () => {
        const states = await this.#ask(async (endpoint) => statesOf(endpoint, unit));
        const active = states.filter((state) => state.systemdActiveState === "active");
        const [only] = active;
        if (active.length === 1 && only !== undefined) return { done: true, value: only.machineID };
        return { done: false, saw: JSON.stringify(states) };
      },
      { withinMs: WITHIN_MS, ...options },
    );
  }

  async addMachine(options: ClusterMachineOptions = {}): Promise<Machine> {
    const machine = await this.#boot(options);
    await this.#untilAllPresent();
    return machine;
  }

  async replaceMachine(machine: Machine, options: ClusterMachineOptions = {}): Promise<Machine> {
    if (machine.pid !== undefined) await machine.poweroff();
    this.#machines = this.#machines.filter((other) => other !== machine);
    return this.addMachine({ ...options, addressIndex: machine.addressIndex });
  }

  async saveEvidence(directory: string): Promise<void> {
    await saveEvidence(this, directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { evidenceDirectory } = this.#options;
    if (evidenceDirectory !== undefined) await this.saveEvidence(evidenceDirectory);
    await Promise.all(this.etcdMembers.map(async (member) => member.kill()));
    await this.rig[Symbol.asyncDispose]();
  }

  async #boot(options: ClusterMachineOptions): Promise<Machine> {
    const addressIndex = options.addressIndex ?? this.rig.nextAddressIndex();
    const agentTtl = this.#options.agentTtl;
    const conf: FleetConf = {
      etcd_servers: this.#store.endpoints,
      public_ip: this.rig.network.machineAddress(addressIndex),
      ...(agentTtl === undefined ? {} : { agent_ttl: agentTtl }),
      ...this.#options.fleetConf,
      ...options.fleetConf,
    };
    const environment = { ...this.#options.environment, ...options.environment };
    const machine = await bootMachine(this.rig, {
      ...options,
      addressIndex,
      files: { ...fleetFiles(conf, environment), ...options.files },
      enable: [...FLEET_UNITS, ...(options.enable ?? [])],
    });
    this.#machines = [...this.#machines, machine];
    return machine;
  }

  async #untilAllPresent(): Promise<void> {
    const up = this.#machines.filter((machine) => machine.isReachable);
    try {
      await this.untilPresent(up.length);
    } catch (error) {
      const words = await Promise.all(up.map(lastWords));
      throw new RigError(`${(error as Error).message}\n${words.join("\n")}`, { cause: error });
    }
  }

  #caller(endpoint: () => string): FleetctlCaller {
    return { rig: this.rig, sshAgentSocket: this.#sshAgentSocket, endpoint };
  }

  /** Puts a question to the machines' APIs in turn, until one answers. */
  async #ask<T>(question: (endpoint: string) => Promise<T>): Promise<T> {
    let failure: unknown = new RigError("no machine of the cluster can be reached");
    for (const machine of this.#machines.filter((one) => one.isReachable)) {
      try {
        return await question(endpointOf(machine.address));
      } catch (error) {
        failure = error; // its fleetd may be stopped: another one knows as well
      }
    }
    throw failure;
  }

  #reachable(): Machine {
    const found = this.#machines.find((machine) => machine.isReachable);
    if (found === undefined) throw new RigError("no machine of the cluster can be reached");
    return found;
  }
}

async function lastWords(machine: Machine): Promise<string> {
  const unit = ["journalctl", "--no-pager", "--output=cat", "--lines=15", "--unit=fleet.service"];
  const { stdout, stderr } = await machine.run(unit);
  return `--- ${machine.name}, fleet.service:\n${stdout}${stderr}`;
}
