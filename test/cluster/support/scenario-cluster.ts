import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type Cluster,
  type ClusterOptions,
  type Machine,
  PROJECT_DIRECTORY,
  startCluster,
} from "@fleet/rig";
import { afterAll, afterEach, beforeAll } from "vitest";

import { clearCluster } from "./clear-cluster.ts";
import { FleetView } from "./fleet-view.ts";

/** One cluster for all scenarios of a file, with nothing on it when a scenario begins. */
export interface ScenarioCluster {
  readonly cluster: Cluster;
  readonly fleet: FleetView;
  /** The cluster as this machine's API shows it. */
  via(machine: Machine): FleetView;
}

const AGENT_TTL = "3s";

/**
 * Starts a cluster of `size` machines before the first scenario and takes it down after the last one. The metadata of
 * every machine is its hostname. After each scenario the units are destroyed and a fleetd that was stopped is started;
 * what a failed one leaves behind is kept in `test-results/NAME-OF-THE-SCENARIO/`.
 */
export function scenarioCluster(
  size: number,
  options: Omit<ClusterOptions, "machines"> = {},
): ScenarioCluster {
  let running: Cluster | undefined;
  const current = (): Cluster => {
    if (running === undefined) throw new Error("the cluster is there only while scenarios run");
    return running;
  };
  beforeAll(async () => {
    running = await startCluster({
      agentTtl: AGENT_TTL,
      environment: { FLEET_METADATA: "hostname=%H" },
      ...options,
      machines: size,
    });
  });
  afterEach(async ({ task }) => {
    const folder = task.name.split(":")[0]?.toLowerCase() ?? "scenario";
    const evidence = join(PROJECT_DIRECTORY, "test-results", folder);
    if (task.result?.state === "pass") await rm(evidence, { recursive: true, force: true });
    else await running?.saveEvidence(evidence);
    if (running !== undefined) await clearCluster(running);
  });
  afterAll(async () => running?.[Symbol.asyncDispose]());
  return {
    get cluster() {
      return current();
    },
    fleet: new FleetView(current),
    via: (machine) => new FleetView(current, machine),
  };
}
