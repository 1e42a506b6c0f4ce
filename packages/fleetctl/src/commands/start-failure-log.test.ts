// The last log lines that are shown of a unit whose failure ends the wait of start.

import { symlink } from "node:fs/promises";
import { join } from "node:path";

import { beforeEach, expect, test } from "vitest";

import { clusterOfOne, type TestCluster } from "../../testing/index.ts";

const LAUNCHED = "Unit a.service launched on m1.../10.0.0.1\n";

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await clusterOfOne();
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

test("why systemd does not take a file is shown from its log", async () => {
  await cluster.terminal.program("ssh", "echo 'a.service: Service has no ExecStart='");
  await cluster.put("a.service", "inactive");
  cluster.cast("a.service", () => ["inactive dead"]);
  cluster.adorn("a.service", { loadState: "bad-setting", currentState: "loaded" });
  const { stderr } = await cluster.run("start", "a");
  expect(stderr.trimEnd().split("\n").slice(-2)).toEqual([
    "Error waiting for units: unit a.service is not launched on m1.../10.0.0.1: its load state is bad-setting",
    "a.service: Service has no ExecStart=",
  ]);
});

/** The shell that runs programs on this machine: the terminal's PATH has nothing but what a test writes. */
async function linkShell(): Promise<void> {
  await symlink("/bin/sh", join(cluster.terminal.directory, "bin", "sh"));
}
