// What start tells of a wait while it goes on.

import { beforeEach, expect, test } from "vitest";

import type { MachineId } from "@fleet/core";

import { clusterOfOne, type TestCluster } from "../../testing/index.ts";

const LAUNCHED = "Unit a.service launched on m1.../10.0.0.1\n";

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await clusterOfOne();
});

test("a unit that cannot be placed is told of meanwhile", async () => {
  for (const name of ["a.service", "b.service"]) {
    await cluster.put(name, "inactive");
    cluster.cast(name, () => ["nowhere"]);
  }
  const { status, stderr } = await cluster.run("start", "--timeout=4s", "a", "b");
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: [
      "Waiting for units a.service, b.service: no machine has been chosen for it yet",
      "Error waiting for units: timed out waiting for unit a.service to report state launched",
      "Error waiting for unit states, exit status: timed out waiting for unit a.service to report state launched\n",
    ].join("\n"),
  });
});

test("a unit that no machine takes is told of with the reasons", async () => {
  await cluster.put("a.service", "inactive");
  cluster.cast("a.service", () => ["nowhere"]);
  const machines = ["m1", "m2"] as MachineId[];
  const reasons = [
    { rule: "metadata", reason: "metadata disk=ssd is required", count: 2, machines },
    {
      rule: "peer",
      reason: "b.service, which it must run beside, is not there",
      count: 1,
      machines,
    },
  ] as const;
  await cluster.explainWait("a.service", { machines: 3, reasons });
  const { stderr } = await cluster.run("start", "--timeout=4s", "a");
  expect(stderr.split("\n")[0]).toBe(
    "Waiting for unit a.service: no machine can take it: metadata disk=ssd is required (2 of 3), b.service, which it must run beside, is not there (1 of 3)",
  );
});

const OTHERS = Array.from({ length: 12 }, (_, index) => `u${index + 10}.service`);

test.for([
  ["become active", ["activating start", "active running"], {}],
  ["are still loading", ["", "activating auto-restart"], { currentState: "inactive" }],
] as const)(
  "behind many units that %s, one that no machine takes is told of with the reasons",
  async ([, scenes, facts]) => {
    for (const name of OTHERS) {
      await cluster.put(name, "inactive");
      cluster.cast(name, () => scenes);
      cluster.adorn(name, facts);
    }
    await cluster.put("z.service", "inactive");
    cluster.cast("z.service", () => ["nowhere"]);
    await cluster.explainWait("z.service", { machines: 0, reasons: [] });
    const { status, stderr } = await cluster.run("start", "--timeout=8s", ...OTHERS, "z");
    expect(status).toBe(1);
    expect(stderr.split("\n")).toContain("Waiting for unit z.service: no machine is present");
  },
);

test("of one whose machine is away it is told why it cannot move", async () => {
  cluster.cast("a.service", () => ["inactive dead"]);
  cluster.adorn("a.service", { currentState: "inactive" });
  await cluster.put("a.service", "launched");
  await cluster.leave("m1");
  await cluster.explainWait("a.service", { machines: 0, reasons: [] });
  const { stderr } = await cluster.run("start", "--timeout=4s", "a");
  expect(stderr.split("\n")[0]).toMatch(
    /^Waiting for unit a.service: \S+ is away, and no machine is present$/,
  );
});

test("of a cluster without machines that is said", async () => {
  await cluster.put("a.service", "inactive");
  cluster.cast("a.service", () => ["nowhere"]);
  await cluster.explainWait("a.service", { machines: 0, reasons: [] });
  const { stderr } = await cluster.run("start", "--timeout=4s", "a");
  expect(stderr.split("\n")[0]).toBe("Waiting for unit a.service: no machine is present");
});

test("a wait is followed in a pipe, one line for each change, to its end", async () => {
  await cluster.put("a.service", "inactive");
  cluster.cast("a.service", () => [
    ...Array.from({ length: 90 }, () => "activating start-pre"),
    ...Array.from({ length: 40 }, () => "activating start"),
    "active running",
  ]);
  const ended = await cluster.run("start", "a");
  const place = "on m1.../10.0.0.1";
  expect(ended).toEqual({
    status: 0,
    stdout: LAUNCHED,
    stderr: [
      `Waiting for unit a.service: it is activating (start-pre) ${place}`,
      `Waiting for unit a.service: it is activating (start) ${place}`,
      `Unit a.service: it is active (running) ${place}\n`,
    ].join("\n"),
  });
});

test("a wait is followed in place on a terminal, which is clean at its end", async () => {
  cluster.terminal.columns = 40;
  await cluster.put("a.service", "inactive");
  cluster.cast("a.service", () => ["activating start-pre", "active running"]);
  const { status, stdout, stderr } = await cluster.run("start", "a");
  expect({ status, stdout }).toEqual({ status: 0, stdout: LAUNCHED });
  const shown = stderr.split("\r\u001B[K");
  expect(shown.at(-1)).toBe("");
  expect(shown).toContain("Waiting for unit a.service: it is act");
  expect(shown.filter((line) => line.length > 37 || line.includes("\n"))).toEqual([]);
});

test("when the time is over the reason stays on a terminal", async () => {
  cluster.terminal.columns = 80;
  await cluster.put("a.service", "inactive");
  cluster.cast("a.service", () => ["nowhere"]);
  await cluster.explainWait("a.service", { machines: 0, reasons: [] });
  const { stderr } = await cluster.run("start", "--timeout=4s", "a");
  const left = stderr.split("\r\u001B[K").at(-1) ?? "";
  expect(left.split("\n")[0]).toBe("Waiting for unit a.service: no machine is present");
});
