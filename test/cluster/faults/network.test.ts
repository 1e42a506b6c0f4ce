import { dropPackets, type Machine, passPackets, untilLeaseHasLeft } from "@fleet/rig";
import { describe, test } from "vitest";

import { witnessedCluster } from "../support/witnessed-cluster.ts";

const AGENT_TTL_S = 6;
const HEALED_WITH_LEFT_S = 3;
const witnessed = witnessedCluster("network", { agentTtl: `${AGENT_TTL_S}s` });

const FAULTS: readonly (readonly [
  string,
  (machine: Machine) => Promise<void>,
  (machine: Machine) => Promise<void>,
])[] = [
  ["its link is down", async (machine) => machine.cut(), async (machine) => machine.heal()],
  ["nothing reaches it", async (machine) => dropPackets(machine, "incoming"), passPackets],
  ["nothing of it is heard", async (machine) => dropPackets(machine, "outgoing"), passPackets],
  ["packets are lost both ways", async (machine) => dropPackets(machine, "both"), passPackets],
];

describe("a machine that is cut off for half of agent_ttl keeps its units", () => {
  test.for(FAULTS)("while %s", async ([, fault, heal]) => {
    const victim = witnessed.cluster.machines.at(-1);
    if (victim === undefined) throw new Error("no machine");
    await fault(victim);
    await untilLeaseHasLeft(witnessed.cluster, victim, HEALED_WITH_LEFT_S);
    await heal(victim);
    await witnessed.expectUntouched();
  });
});
