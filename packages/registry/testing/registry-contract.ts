import { describe } from "vitest";

import { describeAgentSide } from "./registry-agent.ts";
import { describeCluster } from "./registry-cluster.ts";
import { describeDrop } from "./registry-drop.ts";
import { describeLeadership } from "./registry-leadership.ts";
import { describeLeases } from "./registry-leases.ts";
import { describeLeavingUnits } from "./registry-leaving.ts";
import { describeMachines } from "./registry-machines.ts";
import { describeStates } from "./registry-states.ts";
import { describeUnits } from "./registry-units.ts";
import { describeWaiting } from "./registry-waiting.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

/** What the registry promises on every store: run on the twin beside it, on etcd in test/integration. */
export function describeRegistry(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`registry on ${name}`, () => {
    describeUnits(open);
    describeStates(open);
    describeMachines(open);
    describeAgentSide(open);
    describeLeadership(open);
    describeCluster(open);
    describeLeases(open);
    describeLeavingUnits(open);
    describeWaiting(open);
    describeDrop(open);
  });
}
