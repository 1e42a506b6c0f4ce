import { setTimeout as sleep } from "node:timers/promises";

import {
  compactEtcd,
  deleteUnit,
  dropPackets,
  type Etcd,
  etcdctl,
  etcdLeader,
  leadingMachine,
  type Machine,
  passPackets,
  putUnit,
  until,
  untilAllAnswer,
} from "@fleet/rig";
import { describe, expect, test } from "vitest";

import { untilRenewed } from "../support/renewed-lease.ts";
import { witnessedCluster } from "../support/witnessed-cluster.ts";

const AGENT_TTL_S = 4;
const witnessed = witnessedCluster("store-members", {
  etcdMembers: 3,
  agentTtl: `${AGENT_TTL_S}s`,
});
const members = (): readonly Etcd[] => witnessed.cluster.etcdMembers;
const killAll = async (victims: readonly Etcd[]): Promise<void> =>
  void (await Promise.all(victims.map(async (member) => member.kill())));
/** Resolves when every daemon has found its way to a member that is there. */
const untilAllRenewed = async (): Promise<void> => {
  const sinceMs = performance.now();
  const { cluster } = witnessed;
  const renewed = cluster.machines.map(async (machine) =>
    untilRenewed(cluster, machine, AGENT_TTL_S, sinceMs),
  );
  await Promise.all(renewed);
};
const restartAll = async (victims: readonly Etcd[]): Promise<void> =>
  void (await Promise.all(victims.map(async (member) => member.restart())));

const FAULTS: readonly (readonly [string, () => Promise<void>])[] = [
  [
    "a member that does not lead dies and comes back",
    async () => {
      const leader = await etcdLeader(members());
      const victim = members().find((member) => member !== leader);
      await victim?.kill();
      await untilAllRenewed();
      await witnessed.start("meanwhile-1.service", "[Service]\nExecStart=/bin/sleep infinity\n");
      await victim?.restart();
    },
  ],
  [
    "the leading member dies and comes back",
    async () => {
      const leader = await etcdLeader(members());
      await leader.kill();
      await etcdLeader(members());
      await untilAllRenewed();
      await witnessed.start("meanwhile-2.service", "[Service]\nExecStart=/bin/sleep infinity\n");
      await leader.restart();
    },
  ],
  [
    "the members are restarted one after the other",
    async () => {
      for (const member of members()) await member.restart();
    },
  ],
  ["all members are restarted at once", async () => restartAll(members())],
  [
    "the majority is away for three times agent_ttl",
    async () => {
      const [first, second] = members();
      if (first === undefined || second === undefined) throw new Error("three members are wanted");
      await killAll([first, second]);
      await untilAllAnswer(witnessed.cluster, 503);
      await sleep(2 * AGENT_TTL_S * 1_000);
      await restartAll([first, second]);
    },
  ],
  [
    "every member hangs until every daemon has given them up",
    async () => {
      for (const member of members()) member.pause();
      await untilAllAnswer(witnessed.cluster, 503);
      for (const member of members()) member.resume();
    },
  ],
  [
    "what a daemon has not heard of yet is compacted away",
    async () => {
      const { cluster } = witnessed;
      const leader = await leadingMachine(cluster);
      const deaf = cluster.machines.find((machine) => machine !== leader);
      if (deaf === undefined) throw new Error("no machine");
      const text = `[Service]\nExecStart=/bin/sleep infinity\n[X-Fleet]\nMachineID=${deaf.id}\n`;
      await witnessed.start("old.service", text);
      await dropPackets(deaf, "incoming");
      await deleteUnit(cluster.endpoint(leader), "old.service");
      await putUnit(cluster.endpoint(leader), "new.service", { desiredState: "launched", text });
      await untilToDo(deaf, "new.service");
      await compactEtcd(members());
      await restartAll(members()); // so that nothing of it waits in a connection
      await passPackets(deaf);
      expect(await cluster.untilActive("new.service")).toBe(deaf.id);
      await until("what was destroyed has stopped", async () => {
        const { stdout } = await deaf.run(["systemctl", "is-active", "old.service"]);
        return stdout === "inactive\n"
          ? { done: true, value: undefined }
          : { done: false, saw: stdout };
      });
    },
  ],
];

/** Resolves when the work list of a machine has this unit. */
async function untilToDo(machine: Machine, unit: string): Promise<void> {
  await until(`${unit} is to run on ${machine.name}`, async () => {
    const key = `/_coreos.com/fleet/schedule/${machine.id}/${unit}`;
    const saw = await etcdctl(members(), "get", key, "--print-value-only");
    return saw.includes("launched") ? { done: true, value: undefined } : { done: false, saw };
  });
}

describe("no healthy unit is stopped or started", () => {
  test.for(FAULTS)("while %s", async ([, fault]) => {
    await fault();
    await witnessed.expectUntouched();
    expect(members().every(({ pid }) => pid !== undefined)).toBe(true);
  });
});
