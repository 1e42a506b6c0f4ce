import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, type Machine, PROJECT_DIRECTORY, startCluster, until } from "@fleet/rig";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fleetService } from "./support/service-state.ts";

/** Where docs/deployment.md says that each of the files of units/fleet-hardened/ belongs. */
const INSTALLED = {
  "hardened.conf": "/etc/systemd/system/fleet.service.d/hardened.conf",
  "50-fleet.rules": "/etc/polkit-1/rules.d/50-fleet.rules",
  "fleet.sysusers.conf": "/etc/sysusers.d/fleet.conf",
};
const SERVICE = "[Service]\nExecStart=/bin/sleep infinity\n";

describe("a daemon that runs as user fleet", () => {
  let cluster: Cluster;
  let home: Machine;
  let directory: string;

  beforeAll(async () => {
    const evidenceDirectory = "test-results/hardened";
    cluster = await startCluster({ machines: 1, agentTtl: "3s", evidenceDirectory });
    home = cluster.machines[0] as Machine;
    directory = await mkdtemp(join(tmpdir(), "fleet-test-"));
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const show = async (unit: string, property: string): Promise<string> =>
    (await home.exec("systemctl", "show", `--property=${property}`, "--value", unit)).trim();

  async function untilShown(unit: string, property: string, wanted: string): Promise<void> {
    await until(`${property} of ${unit} is ${wanted}`, async () => {
      const saw = await show(unit, property);
      return saw === wanted ? { done: true, value: undefined } : { done: false, saw };
    });
  }

  async function start(unit: string, text: string): Promise<void> {
    const path = join(directory, unit);
    await writeFile(path, text);
    await cluster.fleetctl("start", "--replace", path);
    await cluster.untilActive(unit);
  }

  /** Who the daemon is, and what it may do. */
  async function privileges(): Promise<string> {
    const status = await home.exec("cat", `/proc/${await show("fleet", "MainPID")}/status`);
    const user = await home.exec("id", "-nu", /^Uid:\t(\d+)/m.exec(status)?.[1] ?? "");
    return `${user.trim()} ${/^CapBnd:.*$/m.exec(status)?.[0]}`;
  }

  test("takes over from one that ran as root, and no unit ends", async () => {
    await start("kept.service", SERVICE);
    const before = await show("kept.service", "MainPID");
    for (const [name, path] of Object.entries(INSTALLED)) {
      const text = await readFile(join(PROJECT_DIRECTORY, "units/fleet-hardened", name), "utf8");
      await home.exec("install", "-d", join(path, ".."));
      await writeFile(home.path(path), text);
    }
    await home.exec("systemd-sysusers", INSTALLED["fleet.sysusers.conf"]);
    await home.exec(
      "sh",
      "-c",
      "chgrp fleet /etc/fleet/fleet.conf; chmod 640 /etc/fleet/fleet.conf",
    );
    await home.exec("systemctl", "daemon-reload");
    await home.exec("systemctl", "restart", "fleet");
    await untilShown("fleet", "StatusText", "In the cluster");
    expect(await privileges()).toBe("fleet CapBnd:\t0000000000000000");
    expect(await show("kept.service", "MainPID")).toBe(before);
  });

  test("starts, changes, enables and removes units", async () => {
    await start("one.service", SERVICE);
    const wanted = `${SERVICE}[Install]\nWantedBy=multi-user.target\n`;
    await start("one.service", wanted.replace("infinity", "1000000"));
    expect(await show("one.service", "ExecStart")).toContain("sleep 1000000");
    expect(await show("one.service", "WantedBy")).toBe("multi-user.target");
    await cluster.fleetctl("destroy", "one.service");
    await untilShown("one.service", "LoadState", "not-found");
  });

  test("reads its settings again, and comes back from a crash without a unit that ends", async () => {
    await home.exec("systemctl", "reload", "fleet");
    const [pid, unit] = [await show("fleet", "MainPID"), await show("kept.service", "MainPID")];
    await home.exec("kill", "-KILL", pid);
    await until("another daemon is in the cluster", async () => {
      const saw = `${await show("fleet", "MainPID")} ${await show("fleet", "StatusText")}`;
      const isNew = !saw.startsWith(`${pid} `) && /^[1-9]\d* In the cluster$/.test(saw);
      return isNew ? { done: true, value: saw } : { done: false, saw };
    });
    expect(await show("kept.service", "MainPID")).toBe(unit);
  });

  // Unlike root's, this daemon reaches systemd over the message bus.
  test.for<[how: string, command: readonly string[]]>([
    ["is restarted", ["systemctl", "restart", "dbus.service"]],
    ["is killed", ["systemctl", "kill", "--signal=KILL", "dbus.service"]],
  ])("loses systemd while the message bus %s, and no unit ends", async ([, command]) => {
    const [pid, unit] = [await show("fleet", "MainPID"), await show("kept.service", "MainPID")];
    await home.exec(...command);
    await start("after.service", SERVICE);
    await cluster.fleetctl("destroy", "after.service");
    await untilShown("after.service", "LoadState", "not-found");
    expect(await show("kept.service", "MainPID")).toBe(unit);
    expect(await show("fleet", "MainPID")).toBe(pid);
  });

  test("leaves the cluster before its machine goes down, and comes back with it", async () => {
    await home.reboot();
    await cluster.untilPresent(1);
    await cluster.untilActive("kept.service");
    expect(await home.journal()).toContain(
      'type=UnloadUnit job=kept.service reason=\\"purging agent',
    );
    expect(await privileges()).toBe("fleet CapBnd:\t0000000000000000");
  });

  test("leaves the cluster with its units, and its socket is closed", async () => {
    await home.exec("systemctl", "stop", "fleet");
    expect(await fleetService(home)).toEqual({ active: "inactive", result: "success" });
    expect(await show("kept.service", "ActiveState")).toBe("inactive");
    await untilShown("fleet.socket", "ActiveState", "inactive");
  });
});
