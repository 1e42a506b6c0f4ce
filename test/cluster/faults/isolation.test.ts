import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Cluster, type Machine, startCluster, until } from "@fleet/rig";
import { afterAll, beforeAll, expect, test } from "vitest";

// A unit of which two must never run writes down when it starts and stops; the machines share one clock.

const AGENT_TTL = "4s";
const RECORD = "/var/log/lone";
const ACT = (what: string): string =>
  `/bin/sh -c 'echo ${what} $$(date +%%s%%N) >> ${RECORD}; sync'`;
const LONE = `[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${ACT("start")}
ExecStop=${ACT("stop")}
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

interface Act {
  readonly what: string;
  readonly atNs: bigint;
  readonly machine: string;
}

/** What the unit did on any machine, oldest first. */
async function acts(): Promise<readonly Act[]> {
  const found: Act[] = [];
  for (const machine of cluster.machines) {
    const { stdout } = await machine.run(["cat", RECORD]); // none where it has never run
    for (const line of stdout.split("\n").filter((text) => text !== "")) {
      const [what = "", atNs = ""] = line.split(" ");
      found.push({ what, atNs: BigInt(atNs), machine: machine.id });
    }
  }
  return found.toSorted((one, other) => (one.atNs < other.atNs ? -1 : 1));
}

/** The acts in words, with the machine they happened on as a number. */
async function story(): Promise<readonly string[]> {
  const order: string[] = [];
  return (await acts()).map(({ what, machine }) => {
    if (!order.includes(machine)) order.push(machine);
    return `${what} on ${order.indexOf(machine)}`;
  });
}

async function untilStory(wanted: readonly string[]): Promise<void> {
  await until(
    `the unit has done: ${wanted.join(", ")}`,
    async () => {
      const saw = (await story()).join(", ");
      return saw === wanted.join(", ") ? { done: true, value: undefined } : { done: false, saw };
    },
    { withinMs: 60_000 },
  );
}

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
  await untilStory(["start on 0", "stop on 0", "start on 1"]);
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
  await untilStory(["start on 0", "stop on 0", "start on 1", "stop on 1", "start on 0"]);
  await second.heal();
  await cluster.untilPresent(2);
});

test("a fleetd that is killed while etcd answers stops nothing", async () => {
  const machine = await home();
  const before = await story();
  await machine.exec("systemctl", "kill", "--kill-who=main", "--signal=KILL", "fleet");
  await until("fleetd answers again", async () => {
    const { status } = await fetch(`${cluster.endpoint(machine)}/fleet/v1/machines`);
    return status === 200 ? { done: true, value: undefined } : { done: false, saw: `${status}` };
  });
  await cluster.untilActive("lone.service");
  expect(await story()).toEqual(before);
});
