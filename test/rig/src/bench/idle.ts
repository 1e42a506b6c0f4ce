import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import type { Cluster } from "../cluster.ts";
import type { Machine } from "../machine.ts";

const WINDOW_MS = 30_000;
const TICKS_PER_SECOND = 100;

export interface Idle {
  /** Percent of one core, by who: `leader`, `others` (the busiest of them), `etcd`. */
  readonly cpuPercent: Readonly<Record<"leader" | "others" | "etcd", number>>;
  /** What each fleetd holds in memory at the end, in MB. */
  readonly residentMb: readonly number[];
  /** gRPC requests and stream messages that etcd received a second, by method. */
  readonly requestsPerSecond: ReadonlyMap<string, number>;
}

/** What a cluster costs that has nothing to do, over half a minute. */
export async function measureIdle(cluster: Cluster, leaderId: string): Promise<Idle> {
  const before = await readAll(cluster);
  await sleep(WINDOW_MS);
  const after = await readAll(cluster);
  const percent = (name: string): number =>
    (((after.ticks.get(name) ?? 0) - (before.ticks.get(name) ?? 0)) /
      TICKS_PER_SECOND /
      (WINDOW_MS / 1000)) *
    100;
  const others = cluster.machines.filter(({ id }) => id !== leaderId).map(({ id }) => percent(id));
  const requests = [...after.requests].map(([method, count]): [string, number] => [
    method,
    (count - (before.requests.get(method) ?? 0)) / (WINDOW_MS / 1000),
  ]);
  const residentMb: number[] = [];
  for (const machine of cluster.machines) residentMb.push(await fleetdResidentMb(machine));
  return {
    residentMb,
    cpuPercent: { leader: percent(leaderId), others: Math.max(...others), etcd: percent("etcd") },
    requestsPerSecond: new Map(requests.filter(([, perSecond]) => perSecond > 0)),
  };
}

interface Reading {
  readonly ticks: ReadonlyMap<string, number>;
  readonly requests: ReadonlyMap<string, number>;
}

async function readAll(cluster: Cluster): Promise<Reading> {
  const ticks = new Map<string, number>();
  for (const machine of cluster.machines) ticks.set(machine.id, await fleetdTicks(machine));
  ticks.set("etcd", ticksIn(readFileSync(`/proc/${cluster.etcd.pid}/stat`, "utf8")));
  return { ticks, requests: await requestsOf(cluster.etcd.endpoint) };
}

async function fleetdTicks(machine: Machine): Promise<number> {
  return ticksIn(await fleetdFile(machine, "stat"));
}

/** What fleetd holds in memory, in MB. */
export async function fleetdResidentMb(machine: Machine): Promise<number> {
  const status = await fleetdFile(machine, "status");
  return Number(/VmRSS:\s+(?<kb>\d+)/.exec(status)?.groups?.["kb"]) / 1024;
}

/** What the kernel says of fleetd in a file below `/proc/PID`. */
async function fleetdFile(machine: Machine, name: string): Promise<string> {
  const show = ["systemctl", "show", "--property=MainPID", "--value", "fleet.service"];
  const pid = (await machine.exec(...show)).trim();
  return machine.exec("cat", `/proc/${pid}/${name}`);
}

/** User and system time in clock ticks (proc(5), fields 14 and 15). */
export function ticksIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** gRPC messages that etcd received since it started, by method. */
export async function requestsOf(endpoint: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${endpoint}/metrics`)).text();
  const counts = new Map<string, number>();
  for (const line of text.split("\n")) {
    const match = /^grpc_server_msg_received_total\{.*grpc_method="(\w+)".*\} (\S+)$/.exec(line);
    if (match?.[1] !== undefined)
      counts.set(match[1], Number(match[2]) + (counts.get(match[1]) ?? 0));
  }
  return counts;
}
