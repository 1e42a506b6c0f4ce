import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, type Etcd, runOk, startCluster, startEtcd, until } from "@fleet/rig";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fleetLog } from "./support/service-state.ts";

const KEPT = ["kept-1.service", "kept-2.service", "kept-3.service"];
const LATE = "late.service";

let cluster: Cluster;
let directory: string;
let restored: Etcd | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "fleet-restore-"));
  const evidenceDirectory = "test-results/restored-etcd";
  cluster = await startCluster({ machines: 2, agentTtl: "5s", evidenceDirectory });
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await restored?.stop();
  await rm(directory, { recursive: true, force: true });
});

const etcdctl = (...args: readonly string[]): Promise<string> =>
  runOk(["etcdctl", ...args], { env: { ...process.env, ETCDCTL_API: "3" } });

async function start(unit: string): Promise<void> {
  const path = join(directory, unit);
  await writeFile(path, "[Service]\nExecStart=/bin/sleep infinity\n");
  await cluster.fleetctl("start", path);
}

/** The main processes of these units, machine by machine; 0 where one does not run. */
async function processes(units: readonly string[]): Promise<string> {
  const show = `for unit in ${units.join(" ")}; do systemctl show --property=MainPID --value $unit; done`;
  const pids = cluster.machines.map(async (machine) => machine.exec("sh", "-c", show));
  return (await Promise.all(pids)).join(" ").replaceAll(/\s+/g, " ").trim();
}

// The steps of docs/deployment.md, "Backing up etcd".
test("an etcd from a backup stops nothing by itself, and what it lists runs on when it is believed", async () => {
  for (const unit of KEPT) await start(unit);
  const { endpoint } = cluster.etcd;
  const snapshot = join(directory, "snapshot");
  await etcdctl(`--endpoints=${endpoint}`, "snapshot", "save", snapshot);
  await start(LATE);
  const before = await processes([...KEPT, LATE]);
  const beforeKept = await processes(KEPT);

  await cluster.etcd.kill();
  const dataDir = join(directory, "data");
  const peer = "http://127.0.0.1:2380";
  const member = ["--name=rig", `--initial-cluster=rig=${peer}`];
  const into = [`--data-dir=${dataDir}`, `--initial-advertise-peer-urls=${peer}`, ...member];
  await etcdctl("snapshot", "restore", snapshot, ...into);
  const { hostname, port } = new URL(endpoint);
  restored = await startEtcd({ listen: { host: hostname, port: Number(port) }, dataDir });
  for (const machine of cluster.machines) {
    await until(`${machine.name} has noticed`, async () => {
      const saw = await fleetLog(machine);
      const isTold = saw.includes("it was reset, restored or exchanged");
      return isTold ? { done: true, value: undefined } : { done: false, saw };
    });
  }
  for (const machine of cluster.machines) {
    const { status } = await fetch(`${cluster.endpoint(machine)}/fleet/v1/machines`);
    expect(status).toBe(503);
  }
  expect(await processes([...KEPT, LATE])).toBe(before);

  const believe = "rm /run/fleet/units/.etcd && systemctl restart fleet";
  await Promise.all(cluster.machines.map((machine) => machine.exec("sh", "-c", believe)));
  await cluster.untilPresent(cluster.machines.length);
  await until("what etcd does not list is stopped", async () => {
    const saw = await processes([LATE]);
    return saw === "0 0" ? { done: true, value: undefined } : { done: false, saw };
  });
  expect(await processes(KEPT)).toBe(beforeKept);
});
