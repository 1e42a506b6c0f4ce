import { requestsOf } from "@fleet/rig";

import { seconds } from "./findings.ts";
import { launch } from "./launch.ts";
import { type Run, SETTLE_MS } from "./run.ts";
import { leaderTtlMs, MOVES_PER_SECOND } from "./setting.ts";

/** The machine that leads dies; a person wants a new unit meanwhile. */
export async function loseLeader(run: Run): Promise<void> {
  const { cluster, options, findings, signal } = run;
  const { view, api } = cluster;
  const { process, ids } = cluster.leader();
  const before = await requestsOf(cluster.etcd.endpoint);
  const since = performance.now();
  await process.kill();
  await launch(api, "wanted-meanwhile.service", signal);
  const isLed = (): boolean => view.leader !== undefined && !ids.includes(view.leader);
  const withinMs = leaderTtlMs(options.agentTtlMs) + SETTLE_MS;
  const ledMs = await view.until("somebody else leads", isLed, { withinMs, signal }, since);
  const isPlaced = (): boolean => view.isPlaced("wanted-meanwhile.service");
  const actsMs = await view.until("the new leader acts", isPlaced, { withinMs, signal }, since);
  findings.figure(
    `the leader is killed, its lease lasts ${seconds(leaderTtlMs(options.agentTtlMs))}`,
    `another leads after ${seconds(ledMs)}, and has placed a unit ${seconds(actsMs - ledMs)} later`,
  );
  const requests = await requestsOf(cluster.etcd.endpoint);
  const reads = (requests.get("Range") ?? 0) - (before.get("Range") ?? 0);
  const grants = (requests.get("LeaseGrant") ?? 0) - (before.get("LeaseGrant") ?? 0);
  findings.figure("what that took of etcd", `${grants} leases, ${reads} pages of a list`);
  const { stops, lost } = await cluster.machinesReport();
  findings.promise("a new leader stops nothing", stops === 0);
  findings.promise("no machine loses its lease with the leader", lost === 0);
}

/** A tenth of the machines dies in one moment, soon after the machine that led. */
export async function loseMachines(run: Run): Promise<void> {
  const { cluster, options, findings, signal } = run;
  const { view } = cluster;
  const doomed = cluster.groups("doomed");
  const ids = doomed.flatMap((group) => group.ids);
  const since = performance.now();
  for (const { process } of doomed) await process.kill();
  await cluster.machinesReport();
  const alive = cluster.groups().flatMap((group) => group.ids);
  const wanted = options.units + 1; // the one that was wanted while nobody led
  const toMove = wanted - view.activeOn(alive);
  const isKnown = (): boolean => ids.every((id) => !view.present.has(id));
  const seenWithin = { withinMs: options.agentTtlMs + SETTLE_MS, signal };
  const knownMs = await view.until("the loss is known", isKnown, seenWithin, since);
  const settled = (): boolean => view.activeOn(alive) === wanted;
  // Who has just begun to lead waits for others that may be about to vanish, or to return.
  const waitMs = leaderTtlMs(options.agentTtlMs) + (toMove / MOVES_PER_SECOND) * 1_000;
  const wait = { withinMs: waitMs + SETTLE_MS, signal };
  const tookMs = await view.until("all units are active elsewhere", settled, wait, since);
  findings.figure(
    `${ids.length} machines lost at once; they and the leader's had ${toMove} units`,
    `known after ${seconds(knownMs)}, all active elsewhere after ${seconds(tookMs)}`,
  );
  const others = alive.filter((id) => view.vanished.includes(id));
  findings.promise("no other machine vanishes with those that are lost", others.length === 0);
  const { stops, lost } = await cluster.machinesReport();
  findings.promise("what runs elsewhere is not stopped", stops === 0);
  findings.promise("no other machine loses its lease with those that are lost", lost === 0);
  findings.promise("no unit was ever active on two machines", view.doubles.length === 0);
}
