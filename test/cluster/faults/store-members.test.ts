import { setTimeout as sleep } from "node:timers/promises";

import {
  compactEtcd,
  dropPackets,
  type Etcd,
  etcdLeader,
  passPackets,
  untilAllAnswer,
} from "@fleet/rig";
import { describe, expect, test } from "vitest";

import { witnessedCluster } from "../support/witnessed-cluster.ts";

const AGENT_TTL_S = 4;
const witnessed = witnessedCluster("store-members", {
  etcdMembers: 3,
  agentTtl: `${AGENT_TTL_S}s`,
});
const members = (): readonly Etcd[] => witnessed.cluster.etcdMembers;
const killAll = async (victims: readonly Etcd[]): Promise<void> =>
  void (await Promise.all(victims.map(async (member) => member.kill())));
const restartAll = async (victims: readonly Etcd[]): Promise<void> =>
  void (await Promise.all(victims.map(async (member) => member.restart())));

const FAULTS: readonly (readonly [string, () => Promise<void>])[] = [
  [
    "a member that does not lead dies and comes back",
    async () => {
      const leader = await etcdLeader(members());
      const victim = members().find((member) => member !== leader);
      await victim?.kill();
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
      const deaf = witnessed.cluster.machines.at(-1);
      if (deaf === undefined) throw new Error("no machine");
      await dropPackets(deaf, "incoming");
      await witnessed.start("meanwhile-3.service", "[Service]\nExecStart=/bin/sleep infinity\n");
      await witnessed.cluster.fleetctl("destroy", "meanwhile-3.service");
      await compactEtcd(members());
      await restartAll(members()); // so that nothing of it waits in a connection
      await passPackets(deaf);
    },
  ],
];

describe("no healthy unit is stopped or started", () => {
  test.for(FAULTS)("while %s", async ([, fault]) => {
    await fault();
    await witnessed.expectUntouched();
    expect(members().every(({ pid }) => pid !== undefined)).toBe(true);
  });
});
