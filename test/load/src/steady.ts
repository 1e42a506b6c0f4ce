import { setTimeout as sleep } from "node:timers/promises";

import { medianOf, requestsOf } from "@fleet/rig";

import { ms, percent, seconds } from "./findings.ts";
import { heartbeats, memory, neighbours } from "./health.ts";
import { launch } from "./launch.ts";
import { meter } from "./meter.ts";
import type { Run } from "./run.ts";

const QUIET_MS = 1_000;
const QUIET_MS_MAX = 60_000;
const CHANGE_EVERY_MS = 1_000;
const CHANGE_MS_MAX = 30_000;

/** Nothing happens. */
export async function beIdle(run: Run): Promise<void> {
  const { cluster, options, findings, signal } = run;
  await untilQuiet(run);
  await cluster.machinesReport();
  const used = await meter(cluster);
  await sleep(options.minutes * 30_000, undefined, { signal });
  const idle = await used();
  const { cpuSeconds, requests } = idle;
  const rate = [...requests].map(([name, n]) => `${name} ${(n / idle.seconds).toFixed(1)}/s`);
  findings.figure(`idle for ${seconds(idle.seconds * 1_000)}: what etcd receives`, rate.join(", "));
  const kinds = [...requests.keys()].join();
  findings.promise("idle, etcd receives nothing but keep-alives", kinds === "LeaseKeepAlive");
  findings.figure("idle: processor time of etcd", percent(cpuSeconds.etcd, idle.seconds));
  findings.figure("idle: processor time of the leader", percent(cpuSeconds.leader, idle.seconds));
  const others = percent(cpuSeconds.machines / (options.agents - 1), idle.seconds);
  findings.figure("idle: processor time of each other machine", others);
  neighbours(findings, "idle", idle);
  await heartbeats(run, "idle", 0);
  await memory(run);
}

/** One unit after the other comes and goes. */
export async function changeSingly(run: Run): Promise<void> {
  const { cluster, options, findings, signal } = run;
  const { view, api } = cluster;
  const used = await meter(cluster);
  const wait = { withinMs: CHANGE_MS_MAX, signal };
  const tookMs: number[] = [];
  const endMs = performance.now() + options.minutes * 30_000;
  do {
    const unit = `single-${tookMs.length}.service`;
    const since = performance.now();
    await launch(api, unit, signal);
    tookMs.push(await view.until(`${unit} is active`, () => view.isActive(unit), wait, since));
    await api.destroy(unit);
    await view.until(`${unit} is gone`, () => view.isGone(unit), wait);
    const leftMs = Math.min(since + CHANGE_EVERY_MS, endMs) - performance.now();
    await sleep(Math.max(0, leftMs), undefined, { signal });
  } while (performance.now() < endMs);
  const changes = await used();
  const worst = Math.max(...tookMs);
  findings.figure(
    `${tookMs.length} new units, one at a time, PUT to active`,
    `median ${ms(medianOf(tookMs))}, worst ${ms(worst)}`,
  );
  const perSecond = changes.seconds / tookMs.length;
  const { leader, etcd } = changes.cpuSeconds;
  const each = (s: number): string => ms((s / tookMs.length) * 1_000);
  findings.figure(
    `a unit comes and goes every ${seconds(perSecond * 1_000)}: processor time each`,
    `leader ${each(leader)}, etcd ${each(etcd)}, all other machines ${each(changes.cpuSeconds.machines)}`,
  );
  neighbours(findings, "single changes", changes);
  await heartbeats(run, "single changes", tookMs.length);
}

async function untilQuiet({ cluster, signal }: Run): Promise<void> {
  const endMs = performance.now() + QUIET_MS_MAX;
  for (;;) {
    const before = await requestsOf(cluster.etcd.endpoint);
    await sleep(QUIET_MS, undefined, { signal });
    const after = await requestsOf(cluster.etcd.endpoint);
    const used = [...after].filter(([method, count]) => count !== before.get(method));
    if (used.every(([method]) => method === "LeaseKeepAlive")) return;
    if (performance.now() > endMs) throw new Error("etcd is asked for more than keep-alives");
  }
}
