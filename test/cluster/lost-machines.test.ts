import { type Cluster, type Machine, startCluster, until } from "@fleet/rig";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

// Most machines of a cluster go silent together: the network is more likely to have failed than all of them. Their
// leases end up to a third of agent_ttl apart.

const AGENT_TTL = "3s";
/** Long enough for a cluster that would move units to have done so. */
const SILENCE_MS = 8_000;
/** Long enough for the engine to have acted on what it saw. */
const ENGINE_MS = 1_000;
const REMOVAL_MS_MAX = 10_000;
const MACHINES = "/_coreos.com/fleet/machines/";
const STARTS = "/run/starts";
const STRICT = "strict.service";
const STRICT_STARTS = "/run/strict-starts";

let cluster: Cluster;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lost-machines-"));
  cluster = await startCluster({
    machines: 3,
    agentTtl: AGENT_TTL,
    evidenceDirectory: "test-results/lost-machines",
  });
  for (const { name } of cluster.machines) {
    await startWitness(`on-${name}.service`, STARTS);
  }
});

/** It writes each start of its own into a file. */
async function startWitness(name: string, starts: string, option = ""): Promise<void> {
  const unit = join(folder, name);
  const command = `/bin/sh -c 'echo %n >> ${starts}; exec sleep infinity'`;
  await writeFile(unit, `[Service]\nExecStart=${command}\n[X-Fleet]\n${option}\n`);
  await cluster.fleetctl("start", unit);
}

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function startsOn(machine: Machine): Promise<readonly string[]> {
  return (await machine.exec("cat", STARTS)).trim().split("\n");
}

/** Of the unit that may run nowhere else while its machine is not in the cluster. */
async function strictStarts(): Promise<number> {
  const read = (machine: Machine): Promise<string> =>
    machine.exec("sh", "-c", `cat ${STRICT_STARTS} 2>/dev/null || true`);
  const texts = await Promise.all(cluster.machines.map(read));
  return texts.join("").split("\n").filter(Boolean).length;
}

async function silent(count: number): Promise<void> {
  await cluster.untilPresent(3 - count);
  await passed(SILENCE_MS);
}

/** So long units would have had to move. */
async function passed(ms: number): Promise<void> {
  const since = performance.now();
  await until(
    "units would have moved",
    () =>
      performance.now() - since > ms
        ? { done: true, value: undefined }
        : { done: false, saw: "not yet" },
    { withinMs: 2 * ms },
  );
}

test("somebody removes the machines' keys: they are back at once, and nothing stops, starts or moves", async () => {
  await startWitness(STRICT, STRICT_STARTS, "OnIsolation=stop");
  const before = await Promise.all(cluster.machines.map(startsOn));
  const argv = [`--endpoints=${cluster.etcd.endpoint}`, "del", "--prefix", MACHINES];
  await promisify(execFile)("etcdctl", argv, { timeout: REMOVAL_MS_MAX });
  await cluster.untilPresent(3);
  await passed(ENGINE_MS);
  expect(await Promise.all(cluster.machines.map(startsOn))).toEqual(before);
  for (const unit of [...cluster.machines.map(({ name }) => `on-${name}.service`), STRICT]) {
    await cluster.untilActive(unit);
  }
  expect(await strictStarts()).toBe(1);
  await cluster.fleetctl("destroy", STRICT);
});

test("while two of three machines are cut off nothing stops, starts or moves", async () => {
  const [first, ...others] = cluster.machines;
  if (first === undefined) throw new Error("no machine");
  const before = await Promise.all(cluster.machines.map(startsOn));
  expect(before.flat()).toHaveLength(3);
  await Promise.all(others.map((machine) => machine.cut()));
  await silent(2);
  expect(await startsOn(first)).toEqual(before[0]);
  for (const machine of others) await machine.heal();
  await cluster.untilPresent(3);
  for (const { name } of cluster.machines) await cluster.untilActive(`on-${name}.service`);
  expect(await Promise.all(cluster.machines.map(startsOn))).toEqual(before);
});

test("two of three machines die: a person decides that their units move", async () => {
  const [first, ...others] = cluster.machines;
  if (first === undefined) throw new Error("no machine");
  expect(await cluster.fleetctl("cluster-health")).toContain("units of lost machines move\n");
  await Promise.all(others.map((machine) => machine.kill()));
  await silent(2);
  const health = await cluster.runFleetctl(["cluster-health"]);
  expect(health).toMatchObject({ status: 1, stderr: expect.stringContaining("resume-moves") });
  for (const { id } of others) expect(health.stdout).toContain(id);
  expect(await startsOn(first)).toHaveLength(1);
  const ids = others.map(({ id }) => id).toSorted();
  const givenUp = ids.map((id) => `Gave up machine ${id}\n`).join("");
  expect(await cluster.fleetctl("resume-moves")).toBe(givenUp);
  for (const { name } of cluster.machines) {
    expect(await cluster.untilActive(`on-${name}.service`)).toBe(first.id);
  }
  expect(await cluster.fleetctl("cluster-health")).toContain("units of lost machines move\n");
});
