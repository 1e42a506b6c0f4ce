// What a machine cannot do with a unit ends the wait of load and start; what it may yet do does not.

import { beforeEach, expect, test } from "vitest";

import type { UnitState } from "@fleet/core";

import { clusterOfOne, type TestCluster } from "../../testing/index.ts";

const FOREIGN =
  "unit a.service belongs to this machine (/lib/systemd/system/a.service), so fleet does not install one of that name";
const PLACE = "on m1.../10.0.0.1";
const LAUNCHED = "Unit a.service launched on m1.../10.0.0.1\n";

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await clusterOfOne();
});

test.for<[string, string, Partial<UnitState>, string]>([
  [
    "load",
    "a name that the machine has itself",
    { loadState: "error", currentState: "inactive", error: FOREIGN },
    `unit a.service is not loaded ${PLACE}: ${FOREIGN}`,
  ],
  [
    "start",
    "a name that the machine has itself",
    { loadState: "error", currentState: "inactive", error: FOREIGN },
    `unit a.service is not launched ${PLACE}: ${FOREIGN}`,
  ],
  [
    "start",
    "a file that systemd does not take",
    { loadState: "bad-setting", currentState: "loaded" },
    `unit a.service is not launched ${PLACE}: its load state is bad-setting`,
  ],
  [
    "start",
    "a refused start",
    { currentState: "loaded", error: "cannot start a.service: Unit zzz.service not found." },
    `unit a.service is not launched ${PLACE}: cannot start a.service: Unit zzz.service not found.`,
  ],
  [
    "start",
    "a requirement that failed",
    { error: "start job of a.service failed: dependency" },
    `unit a.service is not active ${PLACE}: start job of a.service failed: dependency`,
  ],
])("%s: %s", async ([command, , facts, message]) => {
  await cluster.terminal.program("ssh", "");
  await cluster.put("a.service", "inactive");
  cluster.cast("a.service", () => ["inactive dead"]);
  cluster.adorn("a.service", facts);
  const { status, stderr } = await cluster.run(command, "--timeout=60s", "a");
  expect(status).toBe(1);
  expect(stderr.trimEnd().split("\n").at(-1)).toBe(`Error waiting for units: ${message}`);
});

test("what is tried again and works in the end is no failure", async () => {
  await cluster.put("a.service", "inactive");
  cluster.adorn("a.service", { currentState: "loaded", error: "cannot start a.service: no" });
  cluster.cast("a.service", function* () {
    for (let scene = 0; scene < 83; scene += 1) yield "inactive dead";
    cluster.adorn("a.service", {});
    for (let scene = 0; scene < 7; scene += 1) yield "inactive dead";
    yield "active running";
  });
  const { status, stdout, stderr } = await cluster.run("start", "a");
  expect({ status, stdout }).toEqual({ status: 0, stdout: LAUNCHED });
  expect(stderr).toContain(
    `Waiting for unit a.service: it is loaded ${PLACE}: cannot start a.service: no\n`,
  );
});

test("an API that knows of no reports ends nothing", async () => {
  await cluster.put("a.service", "inactive");
  cluster.cast("a.service", () => [""]);
  const { status, stderr } = await cluster.run("start", "--timeout=30s", "a");
  expect(status).toBe(1);
  expect(stderr).toContain("timed out waiting for unit a.service to report state launched\n");
});
