import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { EtcdProcess } from "./etcd-process.ts";
import { freePort } from "./free-port.ts";

export interface EtcdOptions {
  /** Address to listen on; absent: 127.0.0.1. A port that is absent is chosen by the system. */
  readonly listen?: { readonly host: string; readonly port?: number };
  /** `https` needs `flags` that name certificate and key; absent: `http`. */
  readonly scheme?: "http" | "https";
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

/** Several etcd that are one store; it answers as long as more than half of them run. */
export interface EtcdCluster extends AsyncDisposable {
  readonly members: readonly Etcd[];
  readonly endpoints: readonly string[];
}

const DATA_HOMES = ["/dev/shm", tmpdir()];

/**
 * Boots a real etcd and resolves when it answers. It dies with this process, whatever happens.
 * @throws {RigError} with etcd's last lines when it ends early or does not answer in 20 s.
 */
export async function startEtcd(options: EtcdOptions = {}): Promise<Etcd> {
  const plan = await planMember("rig", options);
  return startMember(plan, `rig=${plan.peerUrl}`);
}

/** Boots `size` etcd that form one cluster; each has ports of its own, and a directory of its own in `dataDir`. */
export async function startEtcdCluster(
  size: number,
  options: EtcdOptions = {},
): Promise<EtcdCluster> {
  const { dataDir, ...rest } = options;
  const names = Array.from({ length: size }, (_, index) => `rig${index + 1}`);
  const plans = await Promise.all(
    names.map((name) =>
      planMember(name, dataDir === undefined ? rest : { ...rest, dataDir: join(dataDir, name) }),
    ),
  );
  const all = plans.map((plan) => `${plan.name}=${plan.peerUrl}`).join(",");
  const starts = await Promise.allSettled(plans.map((plan) => startMember(plan, all)));
  const members = starts.flatMap((start) => (start.status === "fulfilled" ? start.value : []));
  const stopAll = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.stop()));
  };
  for (const start of starts) {
    if (start.status === "fulfilled") continue;
    await stopAll();
    throw start.reason;
  }
  const endpoints = members.map((member) => member.endpoint);
  return { members, endpoints, [Symbol.asyncDispose]: stopAll };
}

/** Everything about a member that is settled before it starts. */
interface MemberPlan {
  readonly name: string;
  readonly endpoint: string;
  readonly peerUrl: string;
  readonly healthAddress: string;
  readonly dataDir: string;
  readonly keepsData: boolean;
  readonly flags: readonly string[];
}

async function planMember(name: string, options: EtcdOptions): Promise<MemberPlan> {
  const host = options.listen?.host ?? "127.0.0.1";
  const clientPort = options.listen?.port ?? (await freePort(host));
  const home = DATA_HOMES.find((path) => existsSync(path)) ?? tmpdir();
  return {
    name,
    endpoint: `${options.scheme ?? "http"}://${host}:${clientPort}`,
    peerUrl: `http://127.0.0.1:${await freePort("127.0.0.1")}`,
    healthAddress: `127.0.0.1:${await freePort("127.0.0.1")}`,
    dataDir: options.dataDir ?? (await mkdtemp(join(home, "fleet-etcd-"))),
    keepsData: options.dataDir !== undefined,
    flags: options.flags ?? [],
  };
}

async function startMember(plan: MemberPlan, initialCluster: string): Promise<Etcd> {
  const { name, endpoint, peerUrl, healthAddress, dataDir } = plan;
  const member = new EtcdProcess(healthAddress, [
    `--name=${name}`,
    `--data-dir=${dataDir}`,
    `--listen-client-urls=${endpoint}`,
    `--advertise-client-urls=${endpoint}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=${initialCluster}`,
    ...plan.flags,
  ]);
  const stop = async (): Promise<void> => {
    await member.end("SIGTERM");
    if (!plan.keepsData) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await member.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return etcdOf(member, endpoint, stop);
}

function etcdOf(member: EtcdProcess, endpoint: string, stop: () => Promise<void>): Etcd {
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
