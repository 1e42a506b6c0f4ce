import type { ManualClock } from "@fleet/core/testing";
import { onTestFinished } from "vitest";
import { TestCluster, TestMachine } from "./cluster.ts";

export interface ClusterOfOne {
  readonly cluster: TestCluster;
  readonly machine: TestMachine;
  readonly clock: ManualClock;
}

/** A cluster with one machine, m1, on which no daemon runs yet. Both go with the test. */
export function clusterOfOne(): ClusterOfOne {
  const cluster = new TestCluster();
  const machine = new TestMachine(cluster, "m1");
  onTestFinished(async () => {
    await machine.stop();
    await cluster.close();
  });
  return { cluster, machine, clock: cluster.clock };
}
