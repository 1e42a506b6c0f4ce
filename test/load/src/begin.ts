import { setTimeout as sleep } from "node:timers/promises";

import { eachLimited } from "@fleet/rig";

import { seconds } from "./findings.ts";
import { launch } from "./launch.ts";
import { meter } from "./meter.ts";
import type { Run } from "./run.ts";

const REQUESTS_IN_FLIGHT = 32;
const PRESENT_MS_MAX = 120_000;
const ASK_EVERY_MS = 200;
/** For so many units a second that become active there is time, and a minute more. */
const ACTIVE_PER_SECOND_MIN = 50;
const SLACK_MS = 60_000;

const unitOf = (index: number): string => `load-${String(index).padStart(5, "0")}.service`;

/** All machines come at once, as after a power cut. */
export async function startMachines(run: Run): Promise<void> {
  const { cluster, options, findings, signal } = run;
  const { view } = cluster;
  const since = performance.now();
  await cluster.startMachines(options.agents, options.agentTtlMs);
  const allPresent = (): boolean =>
    view.present.size === options.agents && view.leader !== undefined;
  const wait = { withinMs: PRESENT_MS_MAX, signal };
  await view.until("all machines are present", allPresent, wait, since);
  // A record that was written and not acknowledged in time is there, and its machine does not hold it.
  while ((await cluster.machinesReport()).held < options.agents) {
    if (performance.now() - since > PRESENT_MS_MAX) throw new Error("not all are present in time");
    await sleep(ASK_EVERY_MS, undefined, { signal });
  }
  const tookMs = performance.now() - since;
  findings.figure(`${options.agents} machines started until present`, seconds(tookMs));
  const vanished = view.vanished.splice(0).length;
  findings.figure("machines whose first announcement ran out while all started", String(vanished));
}

/** A person submits all units, as fast as the API takes them. */
export async function launchUnits(run: Run): Promise<void> {
  const { cluster, options, findings, signal } = run;
  const { view, api } = cluster;
  const units = Array.from({ length: options.units }, (_, index) => unitOf(index));
  const used = await meter(cluster);
  const since = performance.now();
  let repeated = 0;
  await eachLimited(units, REQUESTS_IN_FLIGHT, async (unit) => {
    repeated += await launch(api, unit, signal);
  });
  findings.figure(
    `${units.length} units accepted by the API`,
    `${seconds(performance.now() - since)}, ${repeated} requests repeated`,
  );
  const withinMs = (units.length / ACTIVE_PER_SECOND_MIN) * 1_000 + SLACK_MS;
  const all = (): boolean => view.activeUnits === units.length;
  const tookMs = await view.until("all units are active", all, { withinMs, signal }, since);
  findings.figure(`${units.length} units until active`, seconds(tookMs));
  const { cpuSeconds, requests } = await used();
  const perUnit = (s: number): string => `${((s * 1e6) / units.length).toFixed(0)} µs`;
  const { leader, machines, etcd } = cpuSeconds;
  const parts = [`leader ${perUnit(leader)}`, `API ${perUnit(cpuSeconds.api)}`];
  parts.push(`agents ${perUnit(machines)}`, `etcd ${perUnit(etcd)}`);
  findings.figure("processor time a unit until active", parts.join(", "));
  const each = [...requests].map(([name, n]) => `${name} ${(n / units.length).toFixed(2)}`);
  findings.figure("requests to etcd a unit until active", each.join(", "));
  const { stops, lost } = await cluster.machinesReport();
  findings.promise("no unit is stopped while others come", stops === 0);
  const vanished = view.vanished.splice(0).length;
  findings.promise("no machine vanishes while units come", vanished === 0 && lost === 0);
}
