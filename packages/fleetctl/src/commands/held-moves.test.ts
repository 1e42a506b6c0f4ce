import { afterEach, beforeEach, expect, test } from "vitest";

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
    stdout: "1 machines are present\nunits of lost machines move\n",
    stderr: "",
  });
  const resumed = { status: 0, stdout: "No moves are held\n", stderr: "" };
  expect(await cluster.run("resume-moves")).toEqual(resumed);
});

test("held moves are told with what lets them go on, and a person gives the lost up", async () => {
  await cluster.holdMoves(["m2", "m3"]);
  expect(await cluster.run("cluster-health")).toEqual({
    status: 1,
    stdout: "1 machines are present\nunits of 2 machines, lost together, do not move:\nm2\nm3\n",
    stderr: '"fleetctl resume-moves" lets them, if the machines are gone for good\n',
  });
  await cluster.join("m3");
  const resumed = { status: 0, stdout: "Gave up machine m2\n", stderr: "" };
  expect(await cluster.run("resume-moves")).toEqual(resumed);
});

test("the beginning of a name that fleet has goes on meaning that", async () => {
  expect((await cluster.run("c", "x.service")).stderr).toBe("Unit x.service not found\n");
  expect((await cluster.run("res")).stderr).not.toContain("resume");
});
