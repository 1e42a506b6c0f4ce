import type { MachineId } from "@fleet/core";
import { beforeEach, describe, expect, test } from "vitest";

import { clusterOfOne, type TestCluster } from "../../testing/index.ts";

const GLOBAL = "[X-Fleet]\nGlobal=true\n";
const PLACE = "on m1.../10.0.0.1";

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await clusterOfOne();
});

describe("stop", () => {
  test("waits until every unit is stopped, and says so on stderr", async () => {
    for (const name of ["a.service", "b.service"]) await cluster.put(name, "launched");
    const { status, stdout, stderr } = await cluster.run("stop", "b", "a");
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: "Successfully stopped units [b.service a.service].\n",
    });
    expect(stdout.trimEnd().split("\n").toSorted()).toEqual([
      `Unit a.service loaded ${PLACE}`,
      `Unit b.service loaded ${PLACE}`,
    ]);
    expect(await cluster.targetOf("a.service")).toBe("loaded");
  });

  test("passes over units that are not there, and those that are stopped", async () => {
    await cluster.put("a.service", "loaded");
    expect(await cluster.run("stop", "missing", "a")).toEqual({
      status: 0,
      stdout: "",
      stderr: "Units not found in registry: missing.service\nSuccessfully stopped units [].\n",
    });
  });

  test("ends at the first unit that is nowhere, after telling those before it", async () => {
    for (const name of ["a.service", "c.service"]) await cluster.put(name, "launched");
    await cluster.put("b.service", "inactive");
    expect(await cluster.run("stop", "a", "b", "c")).toEqual({
      status: 1,
      stdout: "",
      stderr: "Unable to stop unit b.service in state inactive\n",
    });
    expect(await cluster.targetOf("a.service")).toBe("loaded");
    expect(await cluster.targetOf("c.service")).toBe("launched");
  });

  test("says how to take back the wish of a unit that has no machine yet", async () => {
    cluster.cast("a.service", () => ["nowhere"]);
    await cluster.put("a.service", "launched");
    expect(await cluster.run("stop", "a")).toEqual({
      status: 1,
      stdout: "",
      stderr:
        'Unable to stop unit a.service in state inactive: it is to be launched and runs nowhere yet, "fleetctl unload a.service" takes that back\n',
    });
  });

  test("takes back the wish of a unit that its machine could not start so far", async () => {
    cluster.adorn("a.service", { currentState: "loaded" });
    await cluster.put("a.service", "launched");
    expect((await cluster.run("stop", "a")).status).toBe(0);
    expect(await cluster.targetOf("a.service")).toBe("loaded");
  });

  test("gives up after so many attempts", async () => {
    await cluster.put("a.service", "launched");
    cluster.cast("a.service", () => [""]);
    const failure = "timed out waiting for unit a.service to report state loaded";
    expect(await cluster.run("stop", "--block-attempts=1", "a")).toEqual({
      status: 1,
      stdout: "",
      stderr: `Waiting for unit a.service: it is launched ${PLACE}\nError waiting for units: ${failure}\nFailed to stop units [a.service]. err: ${failure}\n`,
    });
  });
});

describe("unload", () => {
  test("waits until the units are off their machines", async () => {
    await cluster.put("a.service", "launched");
    expect(await cluster.run("unload", "a")).toEqual({
      status: 0,
      stdout: "Unit a.service inactive\n",
      stderr: "Successfully unloaded units [a.service].\n",
    });
  });

  test("waits for a unit that is slow to stop, where it was", async () => {
    cluster.terminal.columns = 120;
    await cluster.put("a.service", "launched");
    cluster.endAfter("a.service", 300);
    const { status, stdout, stderr } = await cluster.run("unload", "a");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "Unit a.service inactive\n" });
    expect(cluster.terminal.clock.monotonicMs()).toBeGreaterThanOrEqual(300);
    expect(stderr).toContain(
      `Waiting for unit a.service: it is deactivating (stop-sigterm) ${PLACE}`,
    );
  });

  test("takes back the wish of a unit that has no machine yet", async () => {
    cluster.cast("a.service", () => ["nowhere"]);
    await cluster.put("a.service", "launched");
    expect(await cluster.run("unload", "a")).toEqual({
      status: 0,
      stdout: "Unit a.service inactive\n",
      stderr: "Successfully unloaded units [a.service].\n",
    });
    expect(await cluster.targetOf("a.service")).toBe("inactive");
  });

  test("passes over a unit that is nowhere", async () => {
    await cluster.put("a.service", "inactive");
    expect(await cluster.run("unload", "a")).toEqual({
      status: 0,
      stdout: "",
      stderr: "Successfully unloaded units [].\n",
    });
  });
});

describe.for([
  ["stop", "stopped"],
  ["unload", "unloaded"],
] as const)("%s", ([verb, done]) => {
  test("--no-block does not wait", async () => {
    await cluster.put("a.service", "launched");
    expect(await cluster.run(verb, "--no-block", "a")).toEqual({
      status: 0,
      stdout: `Triggered unit a.service ${verb}\n`,
      stderr: `Successfully ${done} units [a.service].\n`,
    });
  });

  test("a global unit is told, and not waited for", async () => {
    await cluster.put("g.service", "launched", GLOBAL);
    expect(await cluster.run(verb, "g")).toEqual({
      status: 0,
      stdout: `Triggered global unit g.service ${verb}\n`,
      stderr: `Successfully ${done} units [].\n`,
    });
  });

  test("nothing found is no failure", async () => {
    expect(await cluster.run(verb, "a", "b")).toEqual({
      status: 0,
      stdout: "",
      stderr: "Units not found in registry: a.service, b.service\n",
    });
  });

  test("an API that is away is a failure", async () => {
    cluster.failFromNowOn();
    expect(await cluster.run(verb, "a")).toEqual({
      status: 1,
      stdout: "",
      stderr: "googleapi: Error 503: fleet server unable to communicate with etcd\n",
    });
  });
});

describe("destroy", () => {
  test.for<string[]>([[], ["--no-block"]])("%o takes units away", async (flags) => {
    for (const name of ["a.service", "b.service"]) await cluster.put(name, "launched");
    expect(await cluster.run("destroy", ...flags, "b", "missing", "a", "a")).toEqual({
      status: 0,
      stdout: "Destroyed b.service\nDestroyed a.service\n",
      stderr: "Units not found in registry: missing.service\n",
    });
    expect(await cluster.targetOf("a.service")).toBeUndefined();
  });

  test("nothing found is no failure", async () => {
    expect(await cluster.run("destroy", "a")).toEqual({
      status: 0,
      stdout: "",
      stderr: "Units not found in registry: a.service\n",
    });
  });
});

describe("destroy of a unit that is made anew at once", () => {
  beforeEach(async () => {
    await cluster.put("a.service", "inactive");
    const destroyUnit = cluster.registry.destroyUnit.bind(cluster.registry);
    cluster.registry.destroyUnit = async (name, signal) => {
      const wasThere = await destroyUnit(name, signal);
      if (name === "a.service") await cluster.put(name, "inactive");
      return wasThere;
    };
  });

  test("ends with a failure that says so, after telling of the others", async () => {
    await cluster.put("b.service", "inactive");
    expect(await cluster.run("destroy", "a", "b")).toEqual({
      status: 1,
      stdout: "Destroyed b.service\n",
      stderr: `Error waiting for units: unit a.service was destroyed and is there again: somebody has submitted it anew\n`,
    });
  });

  test("names the drop directory that holds a file of its name", async () => {
    const { signal } = new AbortController();
    const machine = "m1" as MachineId;
    const [seen] = await cluster.registry.dropViews(machine, ["a.service"], signal);
    if (seen === undefined) throw new Error("nothing is seen");
    const record = { problem: "a unit of this name exists that no directory made" };
    await cluster.registry.commitDrop({ machine, name: "a.service", seen, record }, signal);
    expect(await cluster.run("destroy", "a")).toEqual({
      status: 1,
      stdout: "",
      stderr: `Error waiting for units: unit a.service was destroyed and is there again: a file of its name is in the drop directory of m1.../10.0.0.1. Remove that first\n`,
    });
  });
});

describe("restart", () => {
  test("stops a unit, then starts it", async () => {
    const told: string[] = [];
    await cluster.put("a.service", "launched");
    cluster.cast("a.service", (target) => {
      told.push(target);
      return [target === "launched" ? "active running" : "inactive dead"];
    });
    const { status, stdout, stderr } = await cluster.run("restart", "a");
    expect({ status, stdout, told }).toEqual({
      status: 0,
      stdout: `Unit a.service loaded ${PLACE}\nUnit a.service launched ${PLACE}\n`,
      told: ["loaded", "launched"],
    });
    expect(stderr).toMatch(/ INFO \S+: Unit\(a\.service\) was restarted\.\n$/);
  });

  test("starts a unit that is stopped", async () => {
    await cluster.put("a.service", "loaded");
    const { status, stdout, stderr } = await cluster.run("restart", "a");
    expect({ status, stdout }).toEqual({ status: 0, stdout: `Unit a.service launched ${PLACE}\n` });
    expect(stderr).toMatch(/ INFO \S+: Unit\(a\.service\) already loaded, starting\.\n$/);
  });

  test("cannot restart what is nowhere, and goes on", async () => {
    await cluster.put("a.service", "inactive");
    await cluster.put("b.service", "loaded");
    const { status, stdout, stderr } = await cluster.run("restart", "a", "b");
    expect({ status, stdout }).toEqual({ status: 1, stdout: `Unit b.service launched ${PLACE}\n` });
    expect(stderr).toContain(
      'Unable to restart unit a.service in state inactive: "fleetctl start a.service" starts it\n',
    );
  });

  test("creates a unit that is missing and does not start it", async () => {
    await cluster.terminal.write("a.service", "[Service]\nExecStart=/bin/true\n");
    const ended = await cluster.run("restart", `${cluster.terminal.directory}/a`);
    expect(ended).toEqual({ status: 0, stdout: "Unit a.service inactive\n", stderr: "" });
  });

  test("gives up after so many attempts", async () => {
    await cluster.put("a.service", "launched");
    cluster.cast("a.service", () => [""]);
    const failure = "timed out waiting for unit a.service to report state loaded";
    expect(await cluster.run("restart", "--block-attempts=1", "a")).toEqual({
      status: 1,
      stdout: "",
      stderr: `Waiting for unit a.service: it is launched ${PLACE}\nError waiting for units: ${failure}\nError waiting for unit states, exit status: ${failure}\n`,
    });
  });

  test("restarts a global unit on every machine that has it", async () => {
    await cluster.join("m2");
    await cluster.put("g.service", "launched", GLOBAL);
    const { status, stdout, stderr } = await cluster.run("restart", "g");
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: [
        `Unit g.service loaded ${PLACE}`,
        "Unit g.service loaded on m2...",
        `Unit g.service launched ${PLACE}`,
        "Unit g.service launched on m2...\n",
      ].join("\n"),
    });
    expect(stderr).toMatch(/ INFO \S+: Unit\(g\.service\) was restarted\.\n$/);
  });

  test("ends where a global unit fails", async () => {
    await cluster.terminal.program("ssh", "");
    await cluster.put("g.service", "launched", GLOBAL);
    cluster.cast("g.service", (target) => [
      target === "launched" ? "failed failed" : "inactive dead",
    ]);
    const { status, stderr } = await cluster.run("restart", "g");
    expect(status).toBe(1);
    expect(stderr).toContain(`Error waiting for units: unit g.service has failed ${PLACE}\n`);
  });
});

describe("cat", () => {
  test("prints the file as the cluster has it", async () => {
    await cluster.put("a.service", "inactive", "# gone\n[B]\nx=1\n[A]\ny=2\n[B]\nz=3\n");
    expect(await cluster.run("cat", "a")).toEqual({
      status: 0,
      stdout: "[B]\nx=1\nz=3\n\n[A]\ny=2\n",
      stderr: "",
    });
  });

  test.for<[string[], string]>([
    [[], "One unit file must be provided\n"],
    [["a", "b"], "One unit file must be provided\n"],
    [["missing"], "Unit missing.service not found\n"],
  ])("%o: %s", async ([words, stderr]) => {
    expect(await cluster.run("cat", ...words)).toEqual({ status: 1, stdout: "", stderr });
  });

  test("an API that is away is a failure", async () => {
    cluster.failFromNowOn();
    expect((await cluster.run("cat", "x")).stderr).toBe(
      "Error retrieving Unit x.service: googleapi: Error 503: fleet server unable to communicate with etcd\n",
    );
  });
});
