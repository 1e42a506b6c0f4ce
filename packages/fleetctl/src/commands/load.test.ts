import { beforeEach, describe, expect, test } from "vitest";

import { clusterOfOne, type TestCluster } from "../../testing/index.ts";

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await clusterOfOne();
});

describe("load", () => {
  test("waits until the unit is loaded", async () => {
    await cluster.put("a.service", "inactive");
    expect(await cluster.run("load", "a")).toEqual({
      status: 0,
      stdout: "Unit a.service loaded on m1.../10.0.0.1\n",
      stderr: "",
    });
  });

  test("gives up after so many attempts", async () => {
    await cluster.put("a.service", "inactive");
    cluster.cast("a.service", () => ["nowhere"]);
    expect(await cluster.run("load", "--block-attempts=1", "a")).toEqual({
      status: 1,
      stdout: "",
      stderr: [
        "Waiting for unit a.service: no machine has been chosen for it yet",
        "Error waiting for units: timed out waiting for unit a.service to report state loaded",
        "Error waiting for unit states, exit status: timed out waiting for unit a.service to report state loaded\n",
      ].join("\n"),
    });
  });

  test("stops a unit that runs", async () => {
    await cluster.put("a.service", "launched");
    const { stdout } = await cluster.run("load", "a");
    expect(stdout).toBe("Unit a.service loaded on m1.../10.0.0.1\n");
    expect(await cluster.targetOf("a.service")).toBe("loaded");
  });
});
