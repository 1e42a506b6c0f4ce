import { symlink } from "node:fs/promises";
import { join } from "node:path";

import { beforeEach, describe, expect, test } from "vitest";

import type { MachineId, UnitState } from "@fleet/core";

import { clusterOfOne, type TestCluster } from "../../testing/index.ts";

const GLOBAL = "[X-Fleet]\nGlobal=true\n";
const ONESHOT = "[Service]\nType=oneshot\n";

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await clusterOfOne();
});

const LAUNCHED = "Unit a.service launched on m1.../10.0.0.1\n";

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
    cluster.stepTime();
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
  });

  test("a oneshot that nobody saw at work", async () => {
    cluster.stepTime();
    await cluster.put("a.service", "inactive", ONESHOT);
    cluster.cast("a.service", () => ["inactive dead"]);
    const { status, stdout } = await cluster.run("start", "a");
    expect({ status, stdout }).toEqual({ status: 0, stdout: LAUNCHED });
  });

  test("a unit that fails ends the wait with its last log lines, whatever the others do", async () => {
    await cluster.terminal.program("systemctl", "echo 0123abcd");
    await cluster.terminal.program("journalctl", "echo 'Oct 01 it broke'");
    await linkShell();
    await cluster.terminal.write("machine-id", "m1\n");
    for (const name of ["a.service", "b.service"]) await cluster.put(name, "inactive");
    cluster.adorn("a.service", { result: "exit-code", exitStatus: 3 });
    cluster.cast("a.service", () => ["activating start", "failed failed"]);
    cluster.cast("b.service", () => ["nowhere"]);
    expect(await cluster.run("start", "b", "a")).toEqual({
      status: 1,
      stdout: LAUNCHED,
      stderr: [
        "Error waiting for units: unit a.service has failed on m1.../10.0.0.1: its main process exited with status 3",
        "Oct 01 it broke\n",
      ].join("\n"),
    });
    expect(await cluster.terminal.calls()).toEqual([
      ["systemctl", "show", "--property", "InvocationID", "--value", "--", "a.service"],
      "journalctl --no-pager -n 10 _SYSTEMD_INVOCATION_ID=0123abcd + INVOCATION_ID=0123abcd _PID=1".split(
        " ",
      ),
    ]);
  });

  test("of a run that systemd has forgotten the unit's last log lines are shown", async () => {
    await cluster.terminal.program("systemctl", "");
    await cluster.terminal.program("journalctl", "");
    await linkShell();
    await cluster.terminal.write("machine-id", "m1\n");
    await cluster.put("a.service", "inactive");
    cluster.cast("a.service", () => ["failed failed"]);
    expect((await cluster.run("start", "a")).status).toBe(1);
    expect((await cluster.terminal.calls())[1]).toEqual(
      "journalctl --no-pager -n 10 --unit a.service".split(" "),
    );
  });

  test("a log that cannot be read is said to be so", async () => {
    await cluster.terminal.program("ssh", "echo 'no route' >&2; exit 255");
    await cluster.put("a.service", "inactive");
    cluster.cast("a.service", () => ["failed failed"]);
    const { status, stderr } = await cluster.run("start", "a");
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: [
        "Error waiting for units: unit a.service has failed on m1.../10.0.0.1",
        "no route",
        "The log of a.service could not be read: Unable to SSH to remote host: ssh to 10.0.0.1 ended with status 255\n",
      ].join("\n"),
    });
    expect((await cluster.terminal.calls())[0]).toContain("BatchMode=yes");
  });

  test("a unit that is started and rests ends the wait in the end", async () => {
    cluster.stepTime();
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
    cluster.stepTime();
    await cluster.put("a.service", "inactive");
    cluster.cast("a.service", () => ["activating start"]);
    const failure = `Failed to find an active unit a.service within ${span}, err: Failed to fetch states within ${span}`;
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

  test("a unit that cannot be placed is told of meanwhile", async () => {
    cluster.stepTime();
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
    cluster.stepTime();
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

  test("of one whose machine is away it is told why it cannot move", async () => {
    cluster.stepTime();
    cluster.cast("a.service", () => ["inactive dead"]);
    cluster.adorn("a.service", { currentState: "inactive" });
    await cluster.put("a.service", "launched");
    await cluster.explainWait("a.service", { machines: 0, reasons: [] });
    const { stderr } = await cluster.run("start", "--timeout=4s", "a");
    expect(stderr.split("\n")[0]).toMatch(
      /^Waiting for unit a.service: \S+ is away, and no machine is present$/,
    );
  });

  test("of a cluster without machines that is said", async () => {
    cluster.stepTime();
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
    cluster.stepTime();
    await cluster.put("a.service", "inactive");
    cluster.cast("a.service", () => ["nowhere"]);
    await cluster.explainWait("a.service", { machines: 0, reasons: [] });
    const { stderr } = await cluster.run("start", "--timeout=4s", "a");
    const left = stderr.split("\r\u001B[K").at(-1) ?? "";
    expect(left.split("\n")[0]).toBe("Waiting for unit a.service: no machine is present");
  });

  test("an API that is away for a while is told of and ends nothing", async () => {
    cluster.stepTime();
    await cluster.put("a.service", "inactive");
    cluster.cast("a.service", () => {
      cluster.failFromNowOn();
      return ["active running"];
    });
    const { status, stderr } = await cluster.run("start", "--timeout=4s", "a");
    expect(status).toBe(1);
    expect(stderr).toContain(
      "Waiting for unit a.service: googleapi: Error 503: fleet server unable to communicate with etcd\n",
    );
  });

  test("Ctrl-C ends it at once", async () => {
    await cluster.put("a.service", "inactive");
    cluster.cast("a.service", () => ["nowhere"]);
    const interrupt = new AbortController();
    const argv = [`--endpoint=${cluster.endpoint}`, "start", "a"];
    const ending = cluster.terminal.run(argv, interrupt.signal);
    setTimeout(() => interrupt.abort(), 50);
    expect(await ending).toEqual({ status: 130, stdout: "", stderr: "" });
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
    cluster.stepTime();
    cluster.cast("a.service", () => ["nowhere"]);
    await cluster.put("a.service", "launched");
    const { status, stderr } = await cluster.run("start", "--timeout=4s", "a");
    expect(status).toBe(1);
    expect(stderr).toContain("Waiting for unit a.service: no machine has been chosen for it yet\n");
  });
});

describe("what its machine cannot do with a unit ends the wait with the reason", () => {
  const FOREIGN =
    "unit a.service belongs to this machine (/lib/systemd/system/a.service), so fleet does not install one of that name";
  const PLACE = "on m1.../10.0.0.1";

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
    cluster.stepTime();
    await cluster.terminal.program("ssh", "");
    await cluster.put("a.service", "inactive");
    cluster.cast("a.service", () => ["inactive dead"]);
    cluster.adorn("a.service", facts);
    const { status, stderr } = await cluster.run(command, "--timeout=60s", "a");
    expect(status).toBe(1);
    expect(stderr.trimEnd().split("\n").at(-1)).toBe(`Error waiting for units: ${message}`);
  });

  test("why systemd does not take a file is shown from its log", async () => {
    cluster.stepTime();
    await cluster.terminal.program("ssh", "echo 'a.service: Service has no ExecStart='");
    await cluster.put("a.service", "inactive");
    cluster.cast("a.service", () => ["inactive dead"]);
    cluster.adorn("a.service", { loadState: "bad-setting", currentState: "loaded" });
    const { stderr } = await cluster.run("start", "a");
    expect(stderr.trimEnd().split("\n").slice(-2)).toEqual([
      `Error waiting for units: unit a.service is not launched ${PLACE}: its load state is bad-setting`,
      "a.service: Service has no ExecStart=",
    ]);
  });

  test("what is tried again and works in the end is no failure", async () => {
    await cluster.put("a.service", "inactive");
    cluster.adorn("a.service", { currentState: "loaded", error: "cannot start a.service: no" });
    cluster.cast("a.service", () => [
      ...Array.from({ length: 90 }, () => "inactive dead"),
      "active running",
    ]);
    setTimeout(() => cluster.adorn("a.service", {}), 2500);
    const { status, stdout, stderr } = await cluster.run("start", "a");
    expect({ status, stdout }).toEqual({ status: 0, stdout: LAUNCHED });
    expect(stderr).toContain(
      `Waiting for unit a.service: it is loaded ${PLACE}: cannot start a.service: no\n`,
    );
  });

  test("an API that knows of no reports ends nothing", async () => {
    cluster.stepTime();
    await cluster.put("a.service", "inactive");
    cluster.cast("a.service", () => [""]);
    const { status, stderr } = await cluster.run("start", "--timeout=30s", "a");
    expect(status).toBe(1);
    expect(stderr).toContain("timed out waiting for unit a.service to report state launched\n");
  });
});

/** The shell that runs programs on this machine: the terminal's PATH has nothing but what a test writes. */
async function linkShell(): Promise<void> {
  await symlink("/bin/sh", join(cluster.terminal.directory, "bin", "sh"));
}

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
