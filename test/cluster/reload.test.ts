import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Cluster, type Machine, startCluster, until } from "@fleet/rig";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fleetLog } from "./support/service-state.ts";

const PREFIX = "/_coreos.com/fleet/";
const WATCHDOG_S = 2;

describe("a daemon that systemd looks after", () => {
  let cluster: Cluster;
  let home: Machine;

  beforeAll(async () => {
    const evidenceDirectory = "test-results/reload";
    cluster = await startCluster({ machines: 1, agentTtl: "5s", evidenceDirectory });
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

  test("its leases take their new lengths at a reload, and no process ends for it", async () => {
    const before = await property("MainPID");
    const presence = `machines/${home.id}/object`;
    expect([await grantedTtl(presence), await property("StatusText")]).toEqual([
      "5",
      "In the cluster",
    ]);
    const conf = "/etc/fleet/fleet.conf";
    const settings = "agent_ttl=20s\\nengine_reconcile_interval=3";
    const change = `sed -i "/^agent_ttl=/d; /^engine_reconcile/d" ${conf}; printf "${settings}\\n" >> ${conf}`;
    await home.exec("sh", "-c", change);
    await home.exec("systemctl", "reload", "fleet");
    await untilTrue("the machine's lease is new", () => grantedTtl(presence), /^20$/);
    await untilTrue("the leader's is", () => grantedTtl("lease/engine-leader"), /^15$/);
    await untilTrue("the reload is over", () => property("ActiveState"), /^active$/);
    expect(await property("MainPID")).toBe(before);
    expect(await property("StatusText")).toBe("In the cluster");
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
