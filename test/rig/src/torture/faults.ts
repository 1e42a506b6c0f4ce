import { setTimeout as sleep } from "node:timers/promises";

import type { Cluster } from "../cluster.ts";
import { setDaemonClock } from "../faults/daemon-clock.ts";
import {
  leadingMachine,
  signalFleetd,
  untilAnotherLeads,
  untilLeaseHasLeft,
} from "../faults/daemons.ts";
import { compactEtcd, etcdLeader } from "../faults/etcd-faults.ts";
import { fillDisks } from "../faults/full-disk.ts";
import { dropPackets, passPackets } from "../faults/packet-filter.ts";
import { upgradeFleetd } from "../faults/upgrade.ts";
import type { Machine } from "../machine.ts";
import { RigError } from "../rig-error.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { Losses } from "./records.ts";

/** One fault with all that chance decides about it. */
export interface Fault {
  /** For the history, e.g. `fleetd of m2 dies 3 times`. */
  readonly what: string;
  /** Resolves when the fault is over. */
  readonly happen: (cluster: Cluster) => Promise<Losses>;
}

/** How long a machine may be silent here. */
export const AGENT_TTL_S = 10;
/** So much of it is left when a machine is heard again that is not to be lost. */
const LEFT_S = 5;
const AWAY_S_MAX = 2 * AGENT_TTL_S;

type Draw = (random: SeededRandom, machines: number) => Fault;

/** Draws the next fault: the same seed draws the same ones. */
export function drawFault(random: SeededRandom, machines: number): Fault {
  return random.pick(DRAWS)(random, machines);
}

const DRAWS: readonly Draw[] = [
  (random) => {
    const index = random.between(0, 2);
    const seconds = random.between(1, AWAY_S_MAX);
    return harmless(
      `etcd member ${index + 1} is away for ${seconds} s`,
      async ({ etcdMembers }) => {
        await etcdMembers[index]?.kill();
        await sleep(seconds * 1_000);
        await etcdMembers[index]?.restart();
      },
    );
  },
  (random) => {
    const seconds = random.between(1, AWAY_S_MAX);
    return harmless(`etcd's leader is away for ${seconds} s`, async ({ etcdMembers }) => {
      const leader = await etcdLeader(etcdMembers);
      await leader.kill();
      await sleep(seconds * 1_000);
      await leader.restart();
    });
  },
  (random) => {
    const seconds = random.between(1, AWAY_S_MAX);
    return harmless(`etcd hangs for ${seconds} s`, async ({ etcdMembers }) => {
      for (const member of etcdMembers) member.pause();
      await sleep(seconds * 1_000);
      for (const member of etcdMembers) member.resume();
    });
  },
  (random) => {
    const seconds = random.between(0, AWAY_S_MAX);
    return harmless(`all of etcd is away for ${seconds} s`, async ({ etcdMembers }) => {
      await Promise.all(etcdMembers.map(async (member) => member.kill()));
      await sleep(seconds * 1_000);
      await Promise.all(etcdMembers.map(async (member) => member.restart()));
    });
  },
  () =>
    harmless("etcd's members are restarted in turn", async ({ etcdMembers }) => {
      for (const member of etcdMembers) await member.restart();
    }),
  (random, machines) => {
    const index = random.between(0, machines - 1);
    const what = `what m${index + 1} has not heard of is compacted away`;
    return harmless(what, async (cluster) => {
      const machine = machineAt(cluster, index);
      await dropPackets(machine, "incoming");
      await sleep(1_000);
      await compactEtcd(cluster.etcdMembers);
      for (const member of cluster.etcdMembers) await member.restart();
      await passPackets(machine);
    });
  },
  (random, machines) => {
    const index = random.between(0, machines - 1);
    return harmless(`fleetd of m${index + 1} dies`, async (cluster) =>
      signalFleetd(machineAt(cluster, index), "KILL"),
    );
  },
  (random, machines) => {
    const index = random.between(0, machines - 1);
    const gapsMs = Array.from({ length: random.between(2, 4) }, () => random.between(0, 3_000));
    const what = `fleetd of m${index + 1} dies, and again after ${gapsMs.join(", ")} ms`;
    const happen = async (cluster: Cluster): Promise<Losses> => {
      const machine = machineAt(cluster, index);
      await signalFleetd(machine, "KILL");
      for (const gapMs of gapsMs) {
        await sleep(gapMs);
        await signalFleetd(machine, "KILL").catch(() => undefined); // not yet back
      }
      return { lost: machine.id }; // it may have been silent for too long
    };
    return { what, happen };
  },
  () =>
    harmless("every fleetd dies", async (cluster) =>
      onAll(cluster, (m) => signalFleetd(m, "KILL")),
    ),
  () =>
    harmless("every fleetd is restarted", async (cluster) =>
      onAll(cluster, async (machine) => machine.exec("systemctl", "restart", "fleet.service")),
    ),
  (random, machines) => {
    const index = random.between(0, machines - 1);
    return harmless(`fleetd of m${index + 1} is upgraded`, async (cluster) =>
      upgradeFleetd(machineAt(cluster, index)),
    );
  },
  () =>
    harmless("the leader dies", async (cluster) =>
      signalFleetd(await leadingMachine(cluster), "KILL"),
    ),
  () =>
    harmless("the leader is frozen until another leads", async (cluster) => {
      const leader = await leadingMachine(cluster);
      await signalFleetd(leader, "STOP");
      await untilAnotherLeads(cluster, leader);
      await signalFleetd(leader, "CONT");
    }),
  (random, machines) => {
    const index = random.between(0, machines - 1);
    return harmless(`fleetd of m${index + 1} is frozen for a while`, async (cluster) => {
      const machine = machineAt(cluster, index);
      await signalFleetd(machine, "STOP");
      await untilLeaseHasLeft(cluster, machine, LEFT_S);
      await signalFleetd(machine, "CONT");
    });
  },
  (random, machines) => {
    const index = random.between(0, machines - 1);
    return harmless(`the link of m${index + 1} is down for a while`, async (cluster) => {
      const machine = machineAt(cluster, index);
      await machine.cut();
      await untilLeaseHasLeft(cluster, machine, LEFT_S);
      await machine.heal();
    });
  },
  (random, machines) => {
    const index = random.between(0, machines - 1);
    const lost = random.pick(["incoming", "outgoing", "both"] as const);
    const what = `packets of m${index + 1} are lost for a while: ${lost}`;
    return harmless(what, async (cluster) => {
      const machine = machineAt(cluster, index);
      await dropPackets(machine, lost);
      await untilLeaseHasLeft(cluster, machine, LEFT_S);
      await passPackets(machine);
    });
  },
  (random, machines) => {
    const index = random.between(0, machines - 1);
    const seconds = random.between(0, AGENT_TTL_S);
    const what = `m${index + 1} is cut off until it is missing, and ${seconds} s more`;
    const happen = async (cluster: Cluster): Promise<Losses> => {
      const machine = machineAt(cluster, index);
      await machine.cut();
      await cluster.untilPresent(machines - 1);
      await sleep(seconds * 1_000);
      await machine.heal();
      return { lost: machine.id };
    };
    return { what, happen };
  },
  (random, machines) => {
    const index = random.between(0, machines - 1);
    const seconds = random.between(0, AGENT_TTL_S);
    const what = `m${index + 1} dies until it is missing, and boots ${seconds} s later`;
    const happen = async (cluster: Cluster): Promise<Losses> => {
      const machine = machineAt(cluster, index);
      await machine.kill();
      await cluster.untilPresent(machines - 1);
      await sleep(seconds * 1_000);
      await machine.start();
      return { booted: machine.id };
    };
    return { what, happen };
  },
  () =>
    harmless("the message buses die", async (cluster) =>
      onAll(cluster, async (machine) =>
        machine.exec("systemctl", "kill", "--signal=KILL", "dbus.service"),
      ),
    ),
  () =>
    harmless("systemd re-executes itself everywhere", async (cluster) =>
      onAll(cluster, async (machine) => machine.exec("systemctl", "daemon-reexec")),
    ),
  (random, machines) => {
    const hours = Array.from({ length: machines }, () => random.between(-1, 1));
    const seconds = random.between(2, AGENT_TTL_S);
    const what = `the clocks of daemons are ${hours.join(", ")} h off for ${seconds} s`;
    return harmless(what, async (cluster) => {
      const offsets = hours.map((off) => (off < 0 ? `${off}h` : `+${off}h`));
      await onAll(cluster, async (machine, index) =>
        setDaemonClock(machine, offsets[index] ?? "+0"),
      );
      await sleep(seconds * 1_000);
      await onAll(cluster, async (machine) => setDaemonClock(machine, "+0"));
    });
  },
  (random, machines) => {
    const index = random.between(0, machines - 1);
    const seconds = random.between(1, AWAY_S_MAX);
    const dies = random.chance(0.5);
    const death = dies ? ", and its fleetd dies" : "";
    return harmless(
      `the disks of m${index + 1} are full for ${seconds} s${death}`,
      async (cluster) => {
        const machine = machineAt(cluster, index);
        const makeRoom = await fillDisks(machine);
        if (dies) await signalFleetd(machine, "KILL");
        await sleep(seconds * 1_000);
        await makeRoom();
      },
    );
  },
];

/** A fault that no unit may be touched by. */
function harmless(what: string, work: (cluster: Cluster) => Promise<unknown>): Fault {
  return {
    what,
    happen: async (cluster) => {
      await work(cluster);
      return {};
    },
  };
}

function machineAt(cluster: Cluster, index: number): Machine {
  const machine = cluster.machines[index];
  if (machine === undefined) throw new RigError(`there is no machine ${index + 1}`);
  return machine;
}

async function onAll(
  cluster: Cluster,
  work: (machine: Machine, index: number) => Promise<unknown>,
): Promise<void> {
  await Promise.all(cluster.machines.map(work));
}
