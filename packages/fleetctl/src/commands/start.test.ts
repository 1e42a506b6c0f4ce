import { beforeEach, describe, expect, test } from "vitest";

import { clusterOfOne, type TestCluster } from "../../testing/index.ts";

const ONESHOT = "[Service]\nType=oneshot\n";
const LAUNCHED = "Unit a.service launched on m1.../10.0.0.1\n";

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await clusterOfOne();
});

describe("start waits until systemd has done it", () => {
  test.for<[string, string, string[]]>([
    ["a unit that is active at once", "[Service]\n", ["active running"]],
    ["a unit that takes its time", "[Service]\n", ["activating start-pre", "", "active running"]],
    ["a oneshot that stays active", ONESHOT, ["activating start", "active exited"]],
    ["a oneshot that finishes", ONESHOT, ["activating start", "inactive dead"]],
    ["a unit that failed before", "[Service]\n", ["failed failed", "active running"]],
  ])("%s", async ([, text, scenes]) => {
    await cluster.put("a.service", "inactive", text);
    cluster.cast("a.service", () => scenes);
    expect(await cluster.run("start", "a")).toEqual({ status: 0, stdout: LAUNCHED, stderr: "" });
    expect(cluster.terminal.clock.monotonicMs()).toBeLessThan(500);
  });

  test("a oneshot that nobody saw at work", async () => {
    await cluster.put("a.service", "inactive", ONESHOT);
    cluster.cast("a.service", () => ["inactive dead"]);
    const { status, stdout } = await cluster.run("start", "a");
    expect({ status, stdout }).toEqual({ status: 0, stdout: LAUNCHED });
  });

  test("a unit that is started and rests ends the wait in the end", async () => {
    await cluster.terminal.program("ssh", "");
    await cluster.put("a.service", "inactive");
    cluster.cast("a.service", () => ["inactive dead"]);
    const { status, stderr } = await cluster.run("start", "a");
    expect(status).toBe(1);
    expect(stderr).toContain("unit a.service was started and is inactive on m1.../10.0.0.1\n");
  });

  test.for([
    ["--block-attempts=1", "2s"],
    ["--timeout=1s", "1s"],
  ] as const)("%s bounds it", async ([flag, span]) => {
    await cluster.put("a.service", "inactive");
    cluster.cast("a.service", () => ["activating start"]);
    const failure = `Failed to find an active unit a.service within ${span}, err: it is activating (start) on m1.../10.0.0.1`;
    expect(await cluster.run("start", flag, "a")).toEqual({
      status: 1,
      stdout: LAUNCHED,
      stderr: [
        "Waiting for unit a.service: it is activating (start) on m1.../10.0.0.1",
        `Error waiting for units: ${failure}`,
        `Error waiting for systemd unit states, err: ${failure}\n`,
      ].join("\n"),
    });
  });

  test("Ctrl-C ends it at once", async () => {
    await cluster.put("a.service", "inactive");
    cluster.cast("a.service", () => ["nowhere"]);
    const interrupt = new AbortController();
    const sleep = async (): Promise<void> => interrupt.abort();
    cluster.terminal.clock = { ...cluster.terminal.clock, sleep };
    const argv = [`--endpoint=${cluster.endpoint}`, "start", "a"];
    expect(await cluster.terminal.run(argv, interrupt.signal)).toEqual({
      status: 130,
      stdout: "",
      stderr: "",
    });
  });
});

describe("many units", () => {
  test("are created, started and awaited together", async () => {
    const names = Array.from({ length: 30 }, (_, index) => `t@${String(index).padStart(2, "0")}`);
    await cluster.terminal.write("t@.service", "[Service]\nExecStart=/bin/true\n");
    const words = names.map((name) => `${cluster.terminal.directory}/${name}`);
    const { status, stdout } = await cluster.run("start", ...words);
    const lines = names.flatMap((name) => [
      `Unit ${name}.service inactive`,
      `Unit ${name}.service launched on m1.../10.0.0.1`,
    ]);
    expect(status).toBe(0);
    expect(stdout.trimEnd().split("\n").toSorted()).toEqual(lines.toSorted());
  });
});
