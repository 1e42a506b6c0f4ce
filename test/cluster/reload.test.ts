import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Cluster, type Machine, startCluster, until } from "@fleet/rig";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fleetLog } from "./support/service-state.ts";

const PREFIX = "/_coreos.com/fleet/";
const CONF = "/etc/fleet/fleet.conf";
const WATCHDOG_S = 2;

describe("a daemon that systemd looks after", () => {
  let cluster: Cluster;
  let home: Machine;

  beforeAll(async () => {
    const evidenceDirectory = "test-results/reload";
    const fleetConf = { disable_watches: true };
    cluster = await startCluster({ machines: 1, agentTtl: "5s", fleetConf, evidenceDirectory });
    home = cluster.machines[0] as Machine;
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  const property = async (name: string): Promise<string> =>
    (await home.exec("systemctl", "show", `--property=${name}`, "--value", "fleet")).trim();

  const untilTrue = (what: string, probe: () => Promise<string>, wanted: RegExp): Promise<string> =>
    until(what, async () => {
      const saw = await probe();
      return wanted.test(saw) ? { done: true, value: saw } : { done: false, saw };
    });

  async function etcdctl(...args: readonly string[]): Promise<string> {
    const argv = [`--endpoints=${cluster.etcd.endpoint}`, "--write-out=json", ...args];
    const env = { PATH: process.env["PATH"], ETCDCTL_API: "3" };
    return (await promisify(execFile)("etcdctl", argv, { env, timeout: 10_000 })).stdout;
  }

  /** How long the lease lasts that a key hangs on, in seconds; "" without one. */
  async function grantedTtl(key: string): Promise<string> {
    // The ID has more digits than a number can hold.
    const [, id] = /"lease":(\d+)/.exec(await etcdctl("get", PREFIX + key)) ?? [];
    if (id === undefined) return "";
    const lease = await etcdctl("lease", "timetolive", BigInt(id).toString(16));
    return /"granted-ttl":(\d+)/.exec(lease)?.[1] ?? "";
  }

  async function startUnit(unit: string): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), "fleet-test-"));
    await writeFile(join(directory, unit), "[Service]\nExecStart=/bin/sleep infinity\n");
    await cluster.fleetctl("start", join(directory, unit));
    await cluster.untilActive(unit);
    await rm(directory, { recursive: true });
  }

  const setUnitsDirectory = (directory: string): Promise<string> => {
    const change = `sed -i "/^units_directory=/d" ${CONF}; echo units_directory=${directory} >> ${CONF}`;
    return home.exec("sh", "-c", change);
  };

  /** The names of all files in a directory of the machine, hidden ones too. */
  const filesIn = (directory: string): Promise<string> =>
    home.exec("sh", "-c", `ls -A ${directory} 2>/dev/null || true`);

  test("disable_watches=true disables nothing: it watches etcd, and acts on what it hears", async () => {
    expect(await home.exec("cat", CONF)).toContain("disable_watches=true\n");
    await startUnit("heard.service");
    const answer = await fetch(new URL("/metrics", cluster.endpoint()));
    const watches = /^fleet_registry_watches (\d+)$/m.exec(await answer.text())?.[1];
    expect(Number(watches)).toBeGreaterThanOrEqual(2); // the engine's, and the agent's of its work list
    await cluster.fleetctl("destroy", "heard.service");
  });

  test("its leases take their new lengths at a reload, and no process ends for it", async () => {
    const before = await property("MainPID");
    const presence = `machines/${home.id}/object`;
    expect([await grantedTtl(presence), await property("StatusText")]).toEqual([
      "5",
      "In the cluster",
    ]);
    const settings = "agent_ttl=20s\\nengine_reconcile_interval=3";
    const change = `sed -i "/^agent_ttl=/d; /^engine_reconcile/d" ${CONF}; printf "${settings}\\n" >> ${CONF}`;
    await home.exec("sh", "-c", change);
    await home.exec("systemctl", "reload", "fleet");
    await untilTrue("the machine's lease is new", () => grantedTtl(presence), /^20$/);
    await untilTrue("the leader's is", () => grantedTtl("lease/engine-leader"), /^15$/);
    await untilTrue("the reload is over", () => property("ActiveState"), /^active$/);
    expect(await property("MainPID")).toBe(before);
    expect(await property("StatusText")).toBe("In the cluster");
  });

  test("units move to another directory at a reload and at a start, and never notice", async () => {
    await startUnit("moved.service");
    const facts = (): Promise<string> =>
      home.exec(
        "systemctl",
        "show",
        "--property=MainPID,InvocationID,ActiveState",
        "moved.service",
      );
    const before = await facts();
    const pid = await property("MainPID");
    const token = await home.exec("cat", "/run/fleet/units/.instance");

    await setUnitsDirectory("/var/lib/fleet/units");
    await home.exec("systemctl", "reload", "fleet");
    await untilTrue("they lie there", () => filesIn("/var/lib/fleet/units"), /moved\.service/);
    await untilTrue("none is left", () => filesIn("/run/fleet/units"), /^$/);
    await untilTrue("the reload is over", () => property("ActiveState"), /^active$/);
    expect([await facts(), await property("MainPID")]).toEqual([before, pid]);
    expect(await home.exec("cat", "/var/lib/fleet/units/.instance")).toBe(token);

    for (const directory of ["/var/lib/fleet/units", "/run/fleet/other"]) {
      await setUnitsDirectory(directory);
      await home.exec("systemctl", "restart", "fleet");
      await untilTrue("it is back", () => property("StatusText"), /^In the cluster$/);
      expect(await facts()).toBe(before);
      expect(await home.exec("cat", `${directory}/.instance`)).toBe(token);
      for (const name of [".etcd", ".owner"]) await home.exec("test", "-s", `${directory}/${name}`);
    }
    expect(await filesIn("/var/lib/fleet/units")).toBe("");
    expect(await fleetLog(home)).not.toContain("in use by");

    await setUnitsDirectory("/etc/fleet/fleet.conf/units");
    await home.exec("systemctl", "reload", "fleet");
    await untilTrue("it says why not", () => fleetLog(home), /Keeping the old configuration/);
    await setUnitsDirectory("/run/fleet/other");
    await cluster.fleetctl("destroy", "moved.service");
    await untilTrue("the unit is gone", () => filesIn("/run/fleet/other"), /^(?!.*moved)/s);
    await untilTrue("and stopped", facts, /ActiveState=inactive/);
  });

  test("its presence comes back when somebody deletes it", async () => {
    const before = await property("MainPID");
    await etcdctl("del", `${PREFIX}machines/${home.id}/object`);
    await untilTrue("it is present", () => grantedTtl(`machines/${home.id}/object`), /^20$/);
    expect(await property("MainPID")).toBe(before);
  });

  test("a watchdog that is asked for hears of it, and ends it when it is stuck", async () => {
    const unit = "/run/systemd/system/fleet.service.d";
    const dropIn = `mkdir -p ${unit}; printf "[Service]\\nWatchdogSec=${WATCHDOG_S}\\n" > ${unit}/watchdog.conf`;
    await home.exec("sh", "-c", dropIn);
    await home.exec("systemctl", "daemon-reload");
    await home.exec("systemctl", "restart", "fleet");
    const pid = await property("MainPID");
    for (let n = 0, last = ""; n < 5; n += 1) {
      const sign = (): Promise<string> => property("WatchdogTimestampMonotonic");
      last = await untilTrue("a sign of life", sign, new RegExp(`^(?!${last}$)\\d`));
    }
    expect(await property("MainPID")).toBe(pid);
    await home.exec("kill", "-STOP", pid);
    await untilTrue("another process", () => property("MainPID"), new RegExp(`^(?!${pid}$|0$)`));
    expect(await home.journal()).toContain("Watchdog timeout");
  });

  test("after a power cut the machine waits for its old lease and joins by itself", async () => {
    await home.kill();
    await home.start();
    const waits = "as it is after a reboot: waiting for that lease to end";
    await untilTrue("it waits", () => fleetLog(home), new RegExp(waits));
    await untilTrue("it has joined", () => property("StatusText"), /^In the cluster$/);
    expect(await fleetLog(home)).not.toContain("in use by");
  });
});
