import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Cluster, type ClusterOptions, PROJECT_DIRECTORY, startCluster } from "@fleet/rig";
import { expect, onTestFinished } from "vitest";

/**
 * A cluster for one test. Should the test fail, `test-results/TEST-NAME/` keeps its journals, what etcd held and
 * fleetctl's listings.
 */
export async function startTestCluster(options: ClusterOptions): Promise<Cluster> {
  const name = expect.getState().currentTestName ?? "cluster";
  const folder = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const evidenceDirectory = join(PROJECT_DIRECTORY, "test-results", folder);
  onTestFinished(async ({ task }) => {
    if (task.result?.state === "pass")
      await rm(evidenceDirectory, { recursive: true, force: true });
  });
  return startCluster({ ...options, evidenceDirectory });
}
