import { onTestFinished } from "vitest";

import { TestCluster } from "./test-cluster.ts";

/** A cluster with one machine, m1 at 10.0.0.1. It goes with the test. */
export async function clusterOfOne(): Promise<TestCluster> {
  const cluster = await TestCluster.open();
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  await cluster.join("m1", "10.0.0.1");
  return cluster;
}
