import type { UnitName } from "@fleet/core";
import type { ManualClock } from "@fleet/core/testing";
import { beforeEach, expect, test } from "vitest";
import { clusterOfOne } from "../testing/cluster-of-one.ts";
import type { TestCluster, TestMachine } from "../testing/cluster.ts";

const A = "a.service" as UnitName;
const B = "b.service" as UnitName;
const LAUNCHED = { target: "launched" } as const;
const LOADED = { target: "loaded" } as const;

let cluster: TestCluster;
let machine: TestMachine;
let clock: ManualClock;

beforeEach(() => {
  ({ cluster, machine, clock } = clusterOfOne());
});

test("dumps its state in fleet's shape", async () => {
  await cluster.assign(machine, A, LAUNCHED);
  await cluster.assign(machine, B, LOADED);
  machine.start();
  await clock.advance(1_000);
  const dump = machine.agent.dumpState();
  expect(dump).toEqual({
    Agent: { Cache: { TargetStates: { "a.service": "launched", "b.service": "loaded" } } },
    UnitStatePublisher: {
      Cache: {
        "a.service": expect.objectContaining({ ActiveState: "active", MachineID: "m1" }),
        "b.service": expect.objectContaining({ ActiveState: "inactive", UnitName: "b.service" }),
      },
      ToPublish: {},
    },
    UnitStateGenerator: { Subscribed: ["a.service", "b.service"] },
  });
});
