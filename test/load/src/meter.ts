import { requestsOf } from "@fleet/rig";

import type { LoadCluster } from "./load-cluster.ts";
import { cpuSecondsOf, machineBusySeconds } from "./usage.ts";

type Who = "leader" | "machines" | "api" | "etcd" | "observer";

/** What was used between two moments. */
export interface Used {
  readonly seconds: number;
  /** Processor seconds, by who; `all` is the whole host, with whatever else ran on it. */
  readonly cpuSeconds: Readonly<Record<Who | "all", number>>;
  /** Messages that etcd received, by method. */
  readonly requests: ReadonlyMap<string, number>;
}

interface Reading {
  readonly atMs: number;
  readonly cpuSeconds: Readonly<Record<Who | "all", number>>;
  readonly requests: ReadonlyMap<string, number>;
}

/** Reads processor time and requests now; the returned function reads again and says what was used since. */
export async function meter(cluster: LoadCluster): Promise<() => Promise<Used>> {
  const before = await read(cluster);
  return async () => {
    const after = await read(cluster);
    const cpuSeconds = Object.fromEntries(
      Object.entries(after.cpuSeconds).map(([who, s]) => [who, s - before.cpuSeconds[who as Who]]),
    ) as Used["cpuSeconds"];
    const requests = [...after.requests].map(([method, count]): [string, number] => [
      method,
      count - (before.requests.get(method) ?? 0),
    ]);
    return {
      seconds: (after.atMs - before.atMs) / 1_000,
      cpuSeconds,
      requests: new Map(requests.filter(([, count]) => count > 0)),
    };
  };
}

async function read(cluster: LoadCluster): Promise<Reading> {
  const leader = cluster.leader().process;
  const server = cluster.server.process;
  const others = cluster.groups().filter((one) => ![leader, server].includes(one.process));
  return {
    requests: await requestsOf(cluster.etcd.endpoint),
    cpuSeconds: {
      leader: cpuSecondsOf(leader.pid),
      machines: others.reduce((sum, other) => sum + cpuSecondsOf(other.process.pid), 0),
      api: cpuSecondsOf(server.pid),
      etcd: cpuSecondsOf(cluster.etcd.pid ?? 0),
      observer: cpuSecondsOf(process.pid),
      all: machineBusySeconds(),
    },
    atMs: performance.now(),
  };
}
