import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, type Machine, startCluster, startEtcd, until } from "@fleet/rig";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fleetLog } from "./support/service-state.ts";

const UNIT = "survivor.service";
const MARK = "/run/fleet/units/.etcd";

describe("an etcd that is not the one of before", () => {
  let cluster: Cluster;
  let home: Machine;
  let directory: string;

  beforeAll(async () => {
    const evidenceDirectory = "test-results/other-etcd";
    cluster = await startCluster({ machines: 1, agentTtl: "3s", evidenceDirectory });
    home = cluster.machines[0] as Machine;
    directory = await mkdtemp(join(tmpdir(), "fleet-test-"));
    const path = join(directory, UNIT);
    await writeFile(path, "[Service]\nExecStart=/bin/sleep infinity\n");
    await cluster.fleetctl("start", path);
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const pidOf = async (unit: string): Promise<string> =>
    (await home.exec("systemctl", "show", "--property=MainPID", "--value", unit)).trim();

  const untilTrue = (what: string, probe: () => Promise<string>, wanted: RegExp): Promise<string> =>
    until(what, async () => {
      const saw = await probe();
      return wanted.test(saw) ? { done: true, value: saw } : { done: false, saw };
    });

  test("stops nothing, whatever becomes of the daemon, until a person has said that it is right", async () => {
    const before = await pidOf(UNIT);
    const { hostname, port } = new URL(cluster.etcd.endpoint);
    await cluster.etcd.kill();
    await home.exec("systemctl", "kill", "--kill-who=main", "--signal=KILL", "fleet");
    await using fresh = await startEtcd({ listen: { host: hostname, port: Number(port) } });
    expect(fresh.endpoint).toBe(cluster.etcd.endpoint);
    const line = new RegExp(`etcd is cluster .*, delete ${MARK} and restart fleet`);
    for (const how of ["comes back from a crash", "is restarted"]) {
      const since = (await fleetLog(home)).length;
      if (how === "is restarted") await home.exec("systemctl", "restart", "fleet");
      await untilTrue(`it ${how}`, async () => (await fleetLog(home)).slice(since), line);
      expect(await pidOf(UNIT)).toBe(before);
    }
    await home.exec("rm", MARK);
    await home.exec("systemctl", "restart", "fleet");
    await untilTrue("what this etcd does not know is stopped", () => pidOf(UNIT), /^0$/);
  });
});
