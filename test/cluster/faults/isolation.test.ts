import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Cluster, type Machine, startCluster, until } from "@fleet/rig";
import { afterAll, beforeAll, expect, test } from "vitest";

import { noted, storyOf, untilStory } from "../support/story.ts";

// A unit of which two must never run writes down when it starts and stops.

/** A daemon that is killed has two thirds of it to be back, on a busy machine, too. */
const AGENT_TTL = "7s";
const LONE = `[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${noted("lone", "start")}
ExecStop=${noted("lone", "stop")}
[X-Fleet]
OnIsolation=stop
`;
const KEPT = "[Service]\nExecStart=/bin/sleep infinity\n[X-Fleet]\nGlobal=true\n";

let cluster: Cluster;
let folder = "";

beforeAll(async () => {
  cluster = await startCluster({
    machines: 2,
    agentTtl: AGENT_TTL,
    evidenceDirectory: "test-results/isolation",
  });
  folder = await mkdtemp(join(tmpdir(), "isolation-"));
  await writeFile(join(folder, "lone.service"), LONE);
  await writeFile(join(folder, "kept.service"), KEPT);
  await cluster.fleetctl("start", join(folder, "lone.service"), join(folder, "kept.service"));
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Since when the kept unit runs on a machine, in systemd's words. */
const keptSince = (machine: Machine): Promise<string> =>
  machine.exec("systemctl", "show", "--property=ActiveState,ActiveEnterTimestamp", "kept.service");

async function home(): Promise<Machine> {
  return cluster.machine(await cluster.untilActive("lone.service"));
}

test("it stops on a machine that is cut off before it starts elsewhere; others run on", async () => {
  const first = await home();
  const kept = await keptSince(first);
  await first.cut();
  await untilStory(cluster, "lone", ["start on 0", "stop on 0", "start on 1"]);
  expect(await keptSince(first)).toBe(kept);
  await first.heal();
  await cluster.untilPresent(2);
  expect(await keptSince(first)).toBe(kept);
  expect(await first.journal()).toContain("Stopped unit(lone.service): this machine is cut off");
});

test("also when fleetd is killed while the machine is cut off", async () => {
  const second = await home();
  await second.cut();
  await second.exec("systemctl", "kill", "--kill-who=main", "--signal=KILL", "fleet");
  await untilStory(cluster, "lone", [
    "start on 0",
    "stop on 0",
    "start on 1",
    "stop on 1",
    "start on 0",
  ]);
  await second.heal();
  await cluster.untilPresent(2);
});

test("a fleetd that is killed while etcd answers stops nothing", async () => {
  const machine = await home();
  const before = await storyOf(cluster, "lone");
  await machine.exec("systemctl", "kill", "--kill-who=main", "--signal=KILL", "fleet");
  await until("fleetd answers again", async () => {
    const { status } = await fetch(`${cluster.endpoint(machine)}/fleet/v1/machines`);
    return status === 200 ? { done: true, value: undefined } : { done: false, saw: `${status}` };
  });
  await cluster.untilActive("lone.service");
  expect(await storyOf(cluster, "lone")).toEqual(before);
});
