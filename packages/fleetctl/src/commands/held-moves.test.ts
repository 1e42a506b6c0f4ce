import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { TestCluster } from "../../testing/index.ts";

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await TestCluster.open();
  await cluster.join("m1");
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

test("a cluster that lost no machine is well, and there is nothing to resume", async () => {
  expect(await cluster.run("cluster-health")).toEqual({
    status: 0,
    stdout: "1 machine is present\nunits of lost machines move\n",
    stderr: "",
  });
  const resumed = { status: 0, stdout: "No moves are held\n", stderr: "" };
  expect(await cluster.run("resume-moves")).toEqual(resumed);
});

test("held moves are told with what lets them go on, and a person gives the lost up", async () => {
  await cluster.holdMoves(["m2", "m3"]);
  expect(await cluster.run("cluster-health")).toEqual({
    status: 1,
    stdout: "1 machine is present\nunits of 2 machines, lost together, do not move:\nm2\nm3\n",
    stderr: '"fleetctl resume-moves" lets them, if the machines are gone for good\n',
  });
  await cluster.join("m3");
  const resumed = { status: 0, stdout: "Gave up machine m2\n", stderr: "" };
  expect(await cluster.run("resume-moves")).toEqual(resumed);
});

test("one of the lost cannot be given up alone, and asking for that changes nothing", async () => {
  await cluster.holdMoves(["m2", "m3"]);
  expect(await cluster.run("resume-moves", "m2")).toEqual({
    status: 1,
    stdout: "",
    stderr: "resume-moves takes no arguments: it gives up all machines that were lost together\n",
  });
  expect((await cluster.run("cluster-health")).stdout).toContain("\nm2\nm3\n");
});

describe("while moves are held, who is concerned hears of it", () => {
  const HELD =
    'units of 2 machines, lost together, do not move ("fleetctl cluster-health" tells of them, "fleetctl resume-moves" lets them)';

  beforeEach(async () => {
    await cluster.holdMoves(["m1", "m2"]);
    cluster.cast("a.service", () => ["inactive dead"]);
    cluster.adorn("a.service", { currentState: "inactive" });
    await cluster.put("a.service", "launched");
  });

  test("in start of a unit whose machine is among them", async () => {
    const { stderr } = await cluster.run("start", "--timeout=4s", "a");
    expect(stderr.split("\n")[0]).toBe(`Waiting for unit a.service: m1... is away, and ${HELD}`);
  });

  test.for([
    ["status", "Unit a.service does not appear to be loaded."],
    ["stop", "Unable to stop unit a.service in state inactive"],
  ] as const)("in %s of such a unit", async ([command, refusal]) => {
    expect(await cluster.run(command, "a")).toEqual({
      status: 1,
      stdout: "",
      stderr: `${refusal}\nIt was on m1..., which is away, and ${HELD}.\n`,
    });
  });

  test("in start of a unit that no machine takes", async () => {
    cluster.cast("b.service", () => ["nowhere"]);
    await cluster.put("b.service", "launched");
    const { stderr } = await cluster.run("start", "--timeout=4s", "b");
    expect(stderr.split("\n")[0]).toBe(
      `Waiting for unit b.service: no machine has been chosen for it yet; ${HELD}`,
    );
  });
});

test("the beginning of a name that fleet has goes on meaning that", async () => {
  expect((await cluster.run("c", "x.service")).stderr).toBe("Unit x.service not found\n");
  expect((await cluster.run("res")).stderr).not.toContain("resume");
});
