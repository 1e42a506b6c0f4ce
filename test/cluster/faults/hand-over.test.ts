import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Cluster, type Machine, startCluster, until } from "@fleet/rig";
import { afterAll, beforeAll, expect, test } from "vitest";

import { noted, storyOf, untilStory } from "../support/story.ts";

// Units that move between two machines that are well, because somebody describes a machine anew.

const BROKEN = "/var/log/broken";
/** Starts and stops take a second each, and a start fails where {@link BROKEN} is. */
const unitFile = (name: string, options: string): string => `[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/test ! -e ${BROKEN}
ExecStart=/bin/sleep 1
ExecStart=${noted(name, "start")}
ExecStop=/bin/sleep 1
ExecStop=${noted(name, "stop")}
[X-Fleet]
${options}
`;
const MARKED = "MachineMetadata=marked=yes";

let cluster: Cluster;
let folder = "";

beforeAll(async () => {
  const machine = { fleetConf: { metadata: "marked=yes" } };
  cluster = await startCluster({
    machines: [machine, machine],
    evidenceDirectory: "test-results/hand-over",
  });
  folder = await mkdtemp(join(tmpdir(), "hand-over-"));
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function start(name: string, options: string): Promise<Machine> {
  const path = join(folder, `${name}.service`);
  await writeFile(path, unitFile(name, options));
  await cluster.fleetctl("start", path);
  return cluster.machine(await cluster.untilActive(`${name}.service`));
}

/** Says of a machine whether it is marked: what asks for that leaves it, or may come. */
async function mark(machine: Machine, value: "yes" | "no"): Promise<void> {
  const path = `/${machine.id}/metadata/marked`;
  const { status } = await fetch(`${cluster.endpoint()}/fleet/v1/machines`, {
    method: "PATCH",
    body: JSON.stringify([{ op: "add", path, value: { value } }]),
  });
  expect(status).toBe(204);
}

async function untilTold(line: string): Promise<void> {
  await until("the leader tells it", async () => {
    const journals = await Promise.all(cluster.machines.map(async (one) => one.journal()));
    const isTold = journals.some((journal) => journal.includes(line));
    return isTold ? { done: true, value: undefined } : { done: false, saw: "no such line" };
  });
}

const markAll = async (): Promise<void> => {
  for (const machine of cluster.machines) await mark(machine, "yes");
};

test("a unit that moves starts on its new machine before it stops on the old one", async () => {
  const home = await start("mover", MARKED);
  await mark(home, "no");
  await untilStory(cluster, "mover", ["start on 0", "start on 1", "stop on 0"]);
  expect(await cluster.untilActive("mover.service")).not.toBe(home.id);
  await markAll();
});

test("a new copy that fails leaves the old one running, until one does not fail", async () => {
  const home = await start("fragile", MARKED);
  const other = cluster.machines.find((machine) => machine !== home);
  await other?.exec("touch", BROKEN);
  await mark(home, "no");
  await untilTold(`Unit(fragile.service) failed where it moved to: it stays on ${home.id}`);
  expect(await storyOf(cluster, "fragile")).toEqual(["start on 0"]);
  expect(await home.exec("systemctl", "is-active", "fragile.service")).toContain("active");
  await other?.exec("rm", BROKEN);
  await other?.exec("systemctl", "restart", "fragile.service");
  await untilStory(cluster, "fragile", ["start on 0", "start on 1", "stop on 0"]);
  await markAll();
});

test("a new copy that a condition keeps from starting leaves the old one running, too", async () => {
  const home = await start("picky", `${MARKED}\n[Unit]\nConditionPathExists=!${BROKEN}`);
  const other = cluster.machines.find((machine) => machine !== home);
  await other?.exec("touch", BROKEN);
  await mark(home, "no");
  const skipped = "was skipped where it moved to, for a condition in its file";
  await untilTold(`Unit(picky.service) ${skipped}: it stays on ${home.id}`);
  expect(await storyOf(cluster, "picky")).toEqual(["start on 0"]);
  await other?.exec("rm", BROKEN);
  await other?.exec("systemctl", "restart", "picky.service");
  await untilStory(cluster, "picky", ["start on 0", "start on 1", "stop on 0"]);
  await markAll();
});

test("Handover=stop-first: it stops on the old machine before it starts on the new one", async () => {
  const home = await start("single", `${MARKED}\nHandover=stop-first`);
  await mark(home, "no");
  await untilStory(cluster, "single", ["start on 0", "stop on 0", "start on 1"]);
  await markAll();
});

test("a unit that replaces another starts once that one runs elsewhere and has stopped here", async () => {
  const home = await start("replaced", "");
  const path = join(folder, "replacer.service");
  const here = noted("replaced", "replacer-start");
  await writeFile(
    path,
    `[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=${here}\n[X-Fleet]\nReplaces=replaced.service\nMachineMetadata=marked=yes\n`,
  );
  const other = cluster.machines.find((machine) => machine !== home);
  if (other !== undefined) await mark(other, "no");
  await cluster.fleetctl("start", path);
  const story = ["start on 0", "start on 1", "stop on 0", "replacer-start on 0"];
  await untilStory(cluster, "replaced", story);
});
