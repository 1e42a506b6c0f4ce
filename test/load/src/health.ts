import { type Findings, mb, ms, percent, seconds } from "./findings.ts";
import type { Used } from "./meter.ts";
import type { Run } from "./run.ts";
import { memoryOf } from "./usage.ts";

/** A keep-alive is sent three times a TTL: a gap of two of them is one that was missed. */
const MISSED_PER_TTL = 2 / 3;

/** Whether every machine was heard of in time since this was asked last, and nothing else stopped than was meant. */
export async function heartbeats(run: Run, phase: string, stopsMeant: number): Promise<void> {
  const { cluster, options, findings } = run;
  const { worstGapMs, acknowledged, lost, stops, leaderBlockMs } = await cluster.machinesReport();
  const share = ((worstGapMs / options.agentTtlMs) * 100).toFixed(0);
  findings.figure(
    `${phase}: worst gap between keep-alives, of ${acknowledged}`,
    `${seconds(worstGapMs)}, ${share} % of agent_ttl (33 % is meant)`,
  );
  findings.figure(`${phase}: the leader computed without a break for at most`, ms(leaderBlockMs));
  findings.promise(
    `${phase}: no heartbeat is missed`,
    worstGapMs < options.agentTtlMs * MISSED_PER_TTL,
  );
  const vanished = cluster.view.vanished.splice(0).length;
  findings.figure(`${phase}: machines that vanished`, String(vanished));
  findings.promise(`${phase}: no machine vanishes`, vanished === 0 && lost === 0);
  findings.promise(`${phase}: nothing is stopped that is wanted`, stops === stopsMeant);
}

/** What is held in memory, by who. */
export async function memory({ cluster, options, findings }: Run): Promise<void> {
  const leader = cluster.leader();
  findings.figure("memory of etcd", mb(memoryOf(cluster.etcd.pid ?? 0).nowMb));
  findings.figure("memory of the process that leads", mb(memoryOf(leader.process.pid).nowMb));
  let ownMb = 0;
  let machines = 0;
  for (const { process, ids } of cluster.groups("other")) {
    const { rssBytesEmpty } = await process.report();
    ownMb += memoryOf(process.pid).nowMb - rssBytesEmpty / 2 ** 20;
    machines += ids.length;
  }
  const each = (ownMb / machines).toFixed(2);
  const units = (options.units / options.agents).toFixed(0);
  findings.figure(
    `memory of a machine with ${units} units, beside what Node.js takes`,
    `${each} MB`,
  );
}

/** How much of the host other programs took, which makes every figure worse. */
export function neighbours(
  findings: Findings,
  phase: string,
  { cpuSeconds, seconds: s }: Used,
): void {
  const { all, ...ours } = cpuSeconds;
  const others = Math.max(
    0,
    Object.values(ours).reduce((rest, own) => rest - own, all),
  );
  findings.figure(`${phase}: processor time of everything else on this host`, percent(others, s));
}
