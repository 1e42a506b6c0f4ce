import { BenchApi, type Etcd, startEtcd } from "@fleet/rig";

import { ClusterView } from "./cluster-view.ts";
import { LoadProcess } from "./processes.ts";
import { CANDIDATES, machineIdOf, type MachinesTask } from "./setting.ts";

/**
 * Machines in one process, for each second of agent_ttl, but for those that are to be lost together: they hold each
 * other up, as they do not where each has a process, and less so the shorter their leases are.
 */
const GROUP_MACHINES_PER_TTL_SECOND = 100 / 30;
const MS_PER_SECOND = 1_000;
/** The part of the machines that has a process of its own, to be lost together. */
const DOOMED_SHARE = 0.1;

/** What the machines of a process are there for: `doomed` ones are to be lost in one moment. */
export type MachineKind = "candidate" | "server" | "doomed" | "other";

/** A process and the machines in it. */
export interface MachineGroup {
  readonly kind: MachineKind;
  readonly process: LoadProcess;
  readonly ids: readonly string[];
}

/** What the machines of all processes that run saw since they were asked last. */
export interface MachinesTotal {
  readonly worstGapMs: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly held: number;
  readonly stops: number;
  readonly leaderBlockMs: number;
}

/** A real etcd and simulated machines in several processes. */
export class LoadCluster implements AsyncDisposable {
  readonly etcd: Etcd;
  readonly view: ClusterView;
  readonly #groups: MachineGroup[] = [];
  #api: BenchApi | undefined;

  private constructor(etcd: Etcd) {
    this.etcd = etcd;
    this.view = new ClusterView(etcd.endpoint);
  }

  /** Starts etcd, and no machine yet. */
  static async open(): Promise<LoadCluster> {
    return new LoadCluster(await startEtcd());
  }

  /** Starts `agents` machines; resolves when their processes work, not when etcd knows them. */
  async startMachines(agents: number, agentTtlMs: number): Promise<void> {
    const starting = processesFor(agents, agentTtlMs).map(async ({ kind, role, first, count }) => {
      const task: MachinesTask = { etcd: this.etcd.endpoint, first, count, agentTtlMs, role };
      const process = await LoadProcess.start(`machine ${first} and more`, task);
      const ids = Array.from({ length: count }, (_, n) => machineIdOf(first + n));
      this.#groups.push({ kind, process, ids });
    });
    const failed = (await Promise.allSettled(starting)).find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
    const [port = 0] = (await this.server.process.report()).ports;
    this.#api = new BenchApi(`http://127.0.0.1:${port}`);
  }

  /** The machine that serves the HTTP API. */
  get server(): MachineGroup {
    const [server] = this.groups("server");
    if (server === undefined) throw new Error("no machine serves the API yet");
    return server;
  }

  get api(): BenchApi {
    if (this.#api === undefined) throw new Error("no machine serves the API yet");
    return this.#api;
  }

  /** The processes that run: all, or those of one kind. */
  groups(kind?: MachineKind): readonly MachineGroup[] {
    return this.#groups.filter(
      (group) => group.process.isRunning && (kind === undefined || group.kind === kind),
    );
  }

  /** The process that leads. */
  leader(): MachineGroup {
    const leads = ({ ids }: MachineGroup): boolean => ids.includes(this.view.leader ?? "");
    const group = this.groups("candidate").find(leads);
    if (group === undefined) throw new Error("nobody leads");
    return group;
  }

  async machinesReport(): Promise<MachinesTotal> {
    const { leader } = this.view;
    let total: MachinesTotal = NOTHING;
    for (const { process, ids } of this.groups()) {
      const report = await process.report();
      total = {
        worstGapMs: Math.max(total.worstGapMs, report.worstGapMs),
        acknowledged: total.acknowledged + report.acknowledged,
        lost: total.lost + report.lost,
        held: total.held + report.held,
        stops: total.stops + report.stops,
        leaderBlockMs: ids.includes(leader ?? "") ? report.longestBlockMs : total.leaderBlockMs,
      };
    }
    return total;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#api?.close();
    await this.view[Symbol.asyncDispose]();
    for (const { process } of this.groups()) await process.kill();
    await this.etcd.stop();
  }
}

interface PlannedProcess extends Pick<MachinesTask, "role" | "first" | "count"> {
  readonly kind: MachineKind;
}

function processesFor(agents: number, agentTtlMs: number): readonly PlannedProcess[] {
  const planned: PlannedProcess[] = [];
  let first = 0;
  const add = (kind: MachineKind, role: MachinesTask["role"], count: number): void => {
    planned.push({ kind, role, first, count });
    first += count;
  };
  for (let n = 0; n < CANDIDATES; n += 1) add("candidate", "leads", 1);
  add("server", "serves", 1);
  add("doomed", "works", Math.round(agents * DOOMED_SHARE));
  const left = agents - first;
  const ofOne = (GROUP_MACHINES_PER_TTL_SECOND * agentTtlMs) / MS_PER_SECOND;
  const processes = Math.ceil(left / ofOne);
  for (let n = 0; n < processes; n += 1) {
    add("other", "works", Math.floor((left + n) / processes));
  }
  return planned;
}

const NOTHING: MachinesTotal = {
  worstGapMs: 0,
  acknowledged: 0,
  lost: 0,
  held: 0,
  stops: 0,
  leaderBlockMs: 0,
};
