import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";

import { type Cluster, startCluster } from "../cluster.ts";
import { RigError } from "../rig-error.ts";
import { BenchApi } from "./bench-api.ts";
import { destroyAll, launchAll, loseMachine, namesOf, oneUnit } from "./figures.ts";
import { measureIdle } from "./idle.ts";

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const ms = (value: number): string => `${value.toFixed(0)} ms`;
const seconds = (value: number): string => `${(value / 1000).toFixed(2)} s`;
const percent = (value: number): string => `${value.toFixed(2)} %`;

/** One row: what is measured, fleet 1.0.0 on the same machine, the goal, what it is now. */
const rows: (readonly [string, string, string, string])[] = [];
const row = (what: string, fleet: string, goal: string, now: string): void => {
  rows.push([what, fleet, goal, now]);
  say(`${what}: ${now}`);
};

const manyUnits = unitsAskedFor();
await using cluster = await startCluster({ machines: 3, agentTtl: "10s" });
const api = new BenchApi(cluster.endpoint());
if (manyUnits === undefined) {
  await benchOneUnit();
  await benchMany();
  await benchIdle();
  await benchLoss();
} else await benchSoMany(manyUnits);
api.close();
printTable();

/** `--units N`: only what so many units cost, for which there are no figures of fleet's. */
function unitsAskedFor(): number | undefined {
  const { units } = parseArgs({ options: { units: { type: "string" } } }).values;
  if (units === undefined) return undefined;
  if (/^[1-9]\d*$/.test(units)) return Number(units);
  throw new RigError(`--units: "${units}" is not a number above 0`);
}

async function benchSoMany(count: number): Promise<void> {
  const units = namesOf(count);
  row(`${count} units until active`, "-", "-", seconds(await launchAll(api, units)));
  const idle = await measureIdle(cluster, leaderOf(cluster));
  row(`idle, ${count} units: leader`, "-", "1 %", percent(idle.cpuPercent.leader));
  row(`idle, ${count} units: other fleetd`, "-", "1 %", percent(idle.cpuPercent.others));
  row(`idle, ${count} units: etcd`, "-", "1 %", percent(idle.cpuPercent.etcd));
  const requests = [...idle.requestsPerSecond].map(([name, n]) => `${name} ${n.toFixed(2)}/s`);
  row("idle: what etcd receives", "-", "LeaseKeepAlive only", requests.join(", "));
  const memory = idle.residentMb.map((mb) => `${mb.toFixed(0)} MB`).join(", ");
  row(`memory of each fleetd, ${count} units`, "-", "-", memory);
  const gone = await destroyAll(api, units, cluster.machines);
  row(`${count} units destroyed until gone`, "-", "-", seconds(gone));
}

async function benchOneUnit(): Promise<void> {
  const one = await oneUnit(api, cluster.machines);
  row("new unit, PUT to active (median)", "9.8 s", "50 ms", ms(one.newMs));
  row("stop of a known unit (median)", "5.0 s", "50 ms", ms(one.stopMs));
  row("start of a known unit (median)", "5.0 s", "50 ms", ms(one.startMs));
}

async function benchMany(): Promise<void> {
  row("100 units until active", "9.6 s", "1 s", seconds(await launchAll(api, namesOf(100))));
  const gone = await destroyAll(api, namesOf(100), cluster.machines);
  row("100 units destroyed until gone", "164 s", "-", seconds(gone));
  row("500 units until active", "6.1 s", "3 s", seconds(await launchAll(api, namesOf(500))));
  const allGone = await destroyAll(api, namesOf(500), cluster.machines);
  row("500 units destroyed until gone", "-", "3 s", seconds(allGone));
  await launchAll(api, namesOf(500));
}

async function benchIdle(): Promise<void> {
  const idle = await measureIdle(cluster, leaderOf(cluster));
  row("idle, 500 units: leader", "12 %", "1 %", percent(idle.cpuPercent.leader));
  row("idle, 500 units: other fleetd", "4 %", "1 %", percent(idle.cpuPercent.others));
  row("idle, 500 units: etcd", "5.5 %", "1 %", percent(idle.cpuPercent.etcd));
  const requests = [...idle.requestsPerSecond].map(([name, n]) => `${name} ${n.toFixed(2)}/s`);
  row("idle: what etcd receives", "-", "LeaseKeepAlive only", requests.join(", "));
}

async function benchLoss(): Promise<void> {
  const leader = leaderOf(cluster);
  const victim = cluster.machines.findLast(({ id }) => id !== leader);
  if (victim === undefined) return;
  const lost = await loseMachine(api, victim, namesOf(500).length);
  row("a machine lost, 500 units, agent_ttl=10s", "12.8 s", "11 s", seconds(lost));
}

function leaderOf({ etcd }: Cluster): string {
  const args = [`--endpoints=${etcd.endpoint}`, "get", "--prefix", "--print-value-only"];
  const env = { ...process.env, ETCDCTL_API: "3" };
  const key = "/_coreos.com/fleet/lease/engine-leader";
  const value = execFileSync("etcdctl", [...args, key], { env, encoding: "utf8" });
  return (JSON.parse(value) as { MachineID: string }).MachineID;
}

function printTable(): void {
  const table = [["what", "fleet 1.0.0", "goal", "now"], ["---", "---", "---", "---"], ...rows];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...table.map((cells) => cells[i]?.length ?? 0)));
  say("");
  for (const cells of table) {
    say(`| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`);
  }
}
