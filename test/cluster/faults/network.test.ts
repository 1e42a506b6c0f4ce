import { dropPackets, type Machine, passPackets, until } from "@fleet/rig";
import { describe, test } from "vitest";

import { untilRenewed } from "../support/renewed-lease.ts";
import { witnessedCluster } from "../support/witnessed-cluster.ts";

const AGENT_TTL_S = 6;
const witnessed = witnessedCluster("network", {
  agentTtl: `${AGENT_TTL_S}s`,
  fleetConf: { verbosity: 1 }, // so that daemons tell of every keep-alive that is not answered
});

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
    await untilRenewed(witnessed.cluster, victim, AGENT_TTL_S);
    const sinceMs = Date.now();
    await fault(victim);
    await untilHalfOfTtlIsOver(victim, sinceMs);
    await heal(victim);
    await witnessed.expectUntouched();
  });
});

/** Resolves when the daemon says that nothing has answered it for half of the time that its lease lasts. */
async function untilHalfOfTtlIsOver(machine: Machine, sinceMs: number): Promise<void> {
  const grep = ["--output=cat", "--unit=fleet.service", "--grep=lease keep-alive interrupted"];
  await until(
    `fleetd of ${machine.name} misses keep-alives`,
    async () => {
      const lines = (await machine.exec("journalctl", "--no-pager", ...grep)).trim().split("\n");
      const said = lines.map((line) => JSON.parse(line) as Interruption);
      const isLong = said.some(
        ({ time, ttlMs, remainingMs }) =>
          Date.parse(time) > sinceMs &&
          ttlMs === AGENT_TTL_S * 1_000 && // that of the leader is another
          remainingMs < ttlMs / 2,
      );
      return isLong
        ? { done: true, value: undefined }
        : { done: false, saw: lines.at(-1) ?? "nothing" };
    },
    { everyMs: 50 },
  );
}

interface Interruption {
  readonly time: string;
  readonly ttlMs: number;
  readonly remainingMs: number;
}
