// What load and start share.

import { beforeEach, describe, expect, test } from "vitest";

import { clusterOfOne, type TestCluster } from "../../testing/index.ts";

const GLOBAL = "[X-Fleet]\nGlobal=true\n";

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await clusterOfOne();
});

describe("what is launched already is left as it is and awaited like the others", () => {
  test.for<[string, string]>([
    ["start", "launched"],
    ["load", "loaded"],
  ])("%s: without a word when it is %s", async ([command, target]) => {
    await cluster.put("a.service", target as "launched");
    expect(await cluster.run(command, "a")).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("one that has failed is a failure, and is told how to start again", async () => {
    await cluster.terminal.program("ssh", "");
    cluster.cast("a.service", () => ["failed failed"]);
    await cluster.put("a.service", "launched");
    expect(await cluster.run("start", "a")).toEqual({
      status: 1,
      stdout: "",
      stderr:
        'Error waiting for units: unit a.service has failed on m1.../10.0.0.1 ("fleetctl restart a.service" starts it again)\n',
    });
  });

  test("one that has no machine is waited for", async () => {
    cluster.cast("a.service", () => ["nowhere"]);
    await cluster.put("a.service", "launched");
    const { status, stderr } = await cluster.run("start", "--timeout=4s", "a");
    expect(status).toBe(1);
    expect(stderr).toContain("Waiting for unit a.service: no machine has been chosen for it yet\n");
  });
});

test.for([
  ["load", "loading"],
  ["start", "starting"],
] as const)("%s: a template is refused before anything changes", async ([command, verb]) => {
  for (const name of ["a.service", "t@.service"]) await cluster.put(name, "inactive");
  expect(await cluster.run(command, "a", "t@")).toEqual({
    status: 1,
    stdout: "",
    stderr: `Error ${verb} units: googleapi: Error 400: cannot activate template "t@.service"\n`,
  });
  expect(await cluster.targetOf("a.service")).toBe("inactive");
});

test.for(["load", "start"])("%s --no-block tells once and does not wait", async (command) => {
  await cluster.put("a.service", "inactive");
  cluster.cast("a.service", () => ["nowhere"]);
  expect(await cluster.run(command, "--no-block", "a")).toEqual({
    status: 0,
    stdout: `Triggered unit a.service ${command}\n`,
    stderr: "",
  });
});

test.for(["load", "start"])("%s of a global unit does not wait", async (command) => {
  await cluster.put("g.service", "inactive", GLOBAL);
  expect(await cluster.run(command, "g")).toEqual({
    status: 0,
    stdout: `Triggered global unit g.service ${command}\n`,
    stderr: "",
  });
});

test("start of a global unit that is to be launched and is nowhere says why", async () => {
  cluster.cast("g.service", () => ["nowhere"]);
  await cluster.put("g.service", "launched", "[X-Fleet]\nGlobal=true\n");
  expect(await cluster.run("start", "g")).toEqual({ status: 0, stdout: "", stderr: "" });
  await cluster.explainWait("g.service", { machines: 0, reasons: [] });
  expect(await cluster.run("start", "g")).toEqual({
    status: 0,
    stdout: "",
    stderr: "Global unit g.service is to be launched, but no machine is present\n",
  });
});
