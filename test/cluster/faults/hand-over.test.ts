import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Cluster, type Machine, startCluster, until } from "@fleet/rig";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

import { noted, storyOf, untilStory } from "../support/story.ts";

// Units that move between two machines that are well, because somebody describes a machine anew.

const BROKEN = "/var/log/broken";
/** How long it takes until a start or a stop is written down: what is to wait for it must not come first by chance. */
interface Pace {
  readonly startS: number;
  readonly stopS: number;
}
const SLOW_START: Pace = { startS: 1, stopS: 0 };
const SLOW_STOP: Pace = { startS: 0, stopS: 1 };
const SLOW_BOTH: Pace = { startS: 2, stopS: 1 };

/** A start fails where {@link BROKEN} is. */
const unitFile = (name: string, options: string, { startS, stopS }: Pace): string => `[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/test ! -e ${BROKEN}
ExecStart=/bin/sleep ${startS}
ExecStart=${noted(name, "start")}
ExecStop=/bin/sleep ${stopS}
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

async function start(name: string, options: string, pace: Pace): Promise<Machine> {
  const path = join(folder, `${name}.service`);
  await writeFile(path, unitFile(name, options, pace));
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

afterEach(async () => {
  for (const machine of cluster.machines) {
    await mark(machine, "yes");
    await machine.exec("rm", "-f", BROKEN);
  }
});

async function untilTold(line: string): Promise<void> {
  await until("the leader tells it", async () => {
    const journals = await Promise.all(cluster.machines.map(async (one) => one.journal()));
    const isTold = journals.some((journal) => journal.includes(line));
    return isTold ? { done: true, value: undefined } : { done: false, saw: "no such line" };
  });
}

test("a unit that moves starts on its new machine before it stops on the old one", async () => {
  const home = await start("mover", MARKED, SLOW_START);
  await mark(home, "no");
  await untilStory(cluster, "mover", ["start on 0", "start on 1", "stop on 0"]);
  expect(await cluster.untilActive("mover.service")).not.toBe(home.id);
});

test("a new copy that fails leaves the old one running, until one does not fail", async () => {
  const home = await start("fragile", MARKED, SLOW_START);
  const other = cluster.machines.find((machine) => machine !== home);
  await other?.exec("touch", BROKEN);
  await mark(home, "no");
  await untilTold(`Unit(fragile.service) failed where it moved to: it stays on ${home.id}`);
  expect(await storyOf(cluster, "fragile")).toEqual(["start on 0"]);
  expect(await home.exec("systemctl", "is-active", "fragile.service")).toBe("active\n");
  await other?.exec("rm", BROKEN);
  await other?.exec("systemctl", "restart", "fragile.service");
  await untilStory(cluster, "fragile", ["start on 0", "start on 1", "stop on 0"]);
});

test("a new copy that a condition keeps from starting leaves the old one running, too", async () => {
  const home = await start(
    "picky",
    `${MARKED}\n[Unit]\nConditionPathExists=!${BROKEN}`,
    SLOW_START,
  );
  const other = cluster.machines.find((machine) => machine !== home);
  await other?.exec("touch", BROKEN);
  await mark(home, "no");
  const skipped = "was skipped where it moved to, for a condition in its file";
  await untilTold(`Unit(picky.service) ${skipped}: it stays on ${home.id}`);
  expect(await storyOf(cluster, "picky")).toEqual(["start on 0"]);
  await other?.exec("rm", BROKEN);
  await other?.exec("systemctl", "restart", "picky.service");
  await untilStory(cluster, "picky", ["start on 0", "start on 1", "stop on 0"]);
});

test("Handover=stop-first: it stops on the old machine before it starts on the new one", async () => {
  const home = await start("single", `${MARKED}\nHandover=stop-first`, SLOW_STOP);
  await mark(home, "no");
  await untilStory(cluster, "single", ["start on 0", "stop on 0", "start on 1"]);
});

test("a unit that replaces another starts once that one runs elsewhere and has stopped here", async () => {
  const home = await start("replaced", "", SLOW_BOTH);
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
