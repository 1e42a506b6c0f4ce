import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Cluster, type Machine, startCluster, until } from "@fleet/rig";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { etcdValue } from "../support/etcd-value.ts";

// A witness on every machine writes down each start and stop it sees. Whatever becomes of the control
// plane, it must have seen one start and nothing else.

const AGENT_TTL = "4s";
const LEADER = "/_coreos.com/fleet/lease/engine-leader";
const RECORD = "/var/log/witness";
const WITNESS = `[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'echo start >> ${RECORD}'
ExecStop=/bin/sh -c 'echo stop >> ${RECORD}'
[X-Fleet]
Global=true
`;

let cluster: Cluster;
let folder = "";

beforeAll(async () => {
  cluster = await startCluster({
    machines: 3,
    agentTtl: AGENT_TTL,
    // The leader's lease lasts half as long: another leads before a frozen leader's machine counts as gone.
    fleetConf: { engine_reconcile_interval: "0.4" },
    evidenceDirectory: "test-results/nothing-stops",
  });
  folder = await mkdtemp(join(tmpdir(), "nothing-stops-"));
  await writeFile(join(folder, "witness.service"), WITNESS);
  for (const { name } of cluster.machines) {
    await writeFile(join(folder, `on-${name}.service`), WITNESS.replace("Global=true\n", ""));
    await cluster.fleetctl("start", join(folder, `on-${name}.service`));
  }
  await cluster.fleetctl("start", join(folder, "witness.service"));
  await until("every witness has started", async () => {
    const saw = (await records()).join(" | ");
    const isDone = saw === "start start | start start | start start";
    return isDone ? { done: true, value: undefined } : { done: false, saw };
  });
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** What the witnesses of each machine saw. */
async function records(): Promise<readonly string[]> {
  return Promise.all(
    cluster.machines.map(async (machine) => {
      const { stdout } = await machine.run(["cat", RECORD]);
      return stdout.trim().replaceAll("\n", " ");
    }),
  );
}

/** Whoever leads; waits while nobody does. */
async function leader(): Promise<Machine> {
  return until("somebody leads", async () => {
    const { MachineID } = JSON.parse(await etcdValue(cluster, LEADER)) as { MachineID: string };
    return { done: true, value: cluster.machine(MachineID) };
  });
}

async function status(machine: Machine): Promise<number> {
  const url = `${cluster.endpoint(machine)}/fleet/v1/machines`;
  return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).status;
}

/** Waits until every daemon answers so: 200 in the cluster, 503 when it knows that it is out of touch with it. */
async function untilAllAnswer(wanted: 200 | 503): Promise<void> {
  for (const machine of cluster.machines) {
    await until(
      `${machine.name} answers ${wanted}`,
      async () => {
        const saw = await status(machine);
        return saw === wanted ? { done: true, value: undefined } : { done: false, saw: `${saw}` };
      },
      { withinMs: 30_000 },
    );
  }
}

const fleetd = async (machine: Machine, signal: string): Promise<void> =>
  void (await machine.exec("systemctl", "kill", "--kill-who=main", `--signal=${signal}`, "fleet"));

const FAULTS: readonly (readonly [string, () => Promise<void>])[] = [
  [
    "etcd hangs until every daemon has given it up",
    async () => {
      cluster.etcd.pause();
      await untilAllAnswer(503);
      cluster.etcd.resume();
    },
  ],
  [
    "etcd dies, and comes back when every daemon has given it up",
    async () => {
      await cluster.etcd.kill();
      await untilAllAnswer(503);
      await cluster.etcd.restart();
    },
  ],
  ["etcd is restarted", async () => cluster.etcd.restart()],
  [
    "the leader is killed",
    async () => {
      const first = await leader();
      await fleetd(first, "KILL");
    },
  ],
  [
    "the leader is frozen until another leads, and then wakes",
    async () => {
      const first = await leader();
      await fleetd(first, "STOP");
      await until(
        "another leads",
        async () => {
          const { id } = await leader();
          return id === first.id ? { done: false, saw: id } : { done: true, value: undefined };
        },
        { withinMs: 30_000 },
      );
      await fleetd(first, "CONT");
    },
  ],
  [
    "one machine is cut off for a moment",
    async () => {
      const [machine] = cluster.machines;
      await machine?.cut();
      await machine?.heal();
    },
  ],
  [
    "systemd re-executes itself, and the message bus is restarted",
    async () => {
      for (const machine of cluster.machines) {
        await machine.exec("systemctl", "daemon-reexec");
        await machine.exec("systemctl", "restart", "dbus");
      }
    },
  ],
];

describe("no healthy unit is stopped or started", () => {
  test.for(FAULTS)("while %s", async ([, fault]) => {
    await fault();
    await untilAllAnswer(200);
    await cluster.untilPresent(3);
    await until("all is as it was", async () => {
      const { stdout } = await cluster.runFleetctl(["list-units", "--no-legend"]);
      const active = stdout.split("\n").filter((line) => line.includes("\tactive\texited"));
      return active.length === 6 ? { done: true, value: undefined } : { done: false, saw: stdout };
    });
    expect(await records()).toEqual(["start start", "start start", "start start"]);
  });
});
