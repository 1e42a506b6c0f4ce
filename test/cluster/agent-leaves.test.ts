import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Cluster, endpointOf, type Machine, startCluster, statesOf, until } from "@fleet/rig";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { etcdValue } from "./support/etcd-value.ts";

const UNIT = "everywhere.service";
/** Much less than `agent_ttl`, which is what fleet 1.0.0 took. */
const BACK_WITHIN_MS = 10_000;

// A global unit runs on two machines, one of which goes: what it takes along is its own and no more.
describe("a machine that goes, and what the others see", () => {
  let cluster: Cluster;
  let stays: Machine;
  let goes: Machine;
  let directory: string;

  beforeAll(async () => {
    cluster = await startCluster({
      machines: 2,
      agentTtl: "30s",
      evidenceDirectory: "test-results/agent-leaves",
    });
    [stays, goes] = cluster.machines as [Machine, Machine];
    directory = await mkdtemp(join(tmpdir(), "fleet-test-"));
    const path = join(directory, UNIT);
    await writeFile(path, "[Service]\nExecStart=/bin/sleep infinity\n\n[X-Fleet]\nGlobal=true\n");
    await cluster.fleetctl("start", path);
    await untilRunsOn(stays, goes);
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  /** The machines on which the global unit is running, as the machine that stays tells. */
  const runsOn = async (): Promise<readonly string[]> => {
    const fields = ["--no-legend", "--full", "--fields=unit,machine,sub"];
    const { stdout } = await cluster.runFleetctl(["list-units", ...fields], { via: stays });
    const rows = stdout.split("\n").map((line) => line.split(/\t+/));
    const running = rows.filter(([unit, , sub]) => unit === UNIT && sub === "running");
    return running.map(([, machine = ""]) => machine.slice(0, 32)).toSorted();
  };

  const untilRunsOn = async (...machines: readonly Machine[]): Promise<void> => {
    const wanted = machines.map(({ id }) => id).toSorted();
    await until(`${UNIT} runs on ${wanted.length}`, async () => {
      const found = await runsOn();
      if (found.join() === wanted.join()) return { done: true, value: undefined };
      return { done: false, saw: found.join() };
    });
  };

  const changeMetadata = async (...operations: readonly object[]): Promise<void> => {
    const body = JSON.stringify(operations);
    const url = `${endpointOf(stays.address)}/fleet/v1/machines`;
    const { status } = await fetch(url, { method: "PATCH", body });
    expect(status).toBe(204);
  };

  test("a daemon that was killed serves again long before its presence would have run out", async () => {
    const killedAtMs = performance.now();
    await goes.exec("systemctl", "kill", "--kill-who=main", "--signal=KILL", "fleet");
    await until("it serves again", async () => {
      const { status, stderr } = await cluster.runFleetctl(["list-units"], { via: goes });
      const log = await goes.exec("journalctl", "--output=cat", "--unit=fleet.service");
      const starts = log.split("hrt.Register() success").length - 1;
      if (status === 0 && starts === 2) return { done: true, value: undefined };
      return { done: false, saw: `${starts} starts, ${stderr}` };
    });
    expect(performance.now() - killedAtMs).toBeLessThan(BACK_WITHIN_MS);
    await untilRunsOn(stays, goes);
  });

  test("a unit that moves for its metadata is told of all the time, once its new machine tells of it", async () => {
    const unit = "wanderer.service";
    const path = join(directory, unit);
    const file =
      "[Service]\nExecStart=/bin/sleep infinity\n\n[X-Fleet]\nMachineMetadata=home=yes\n";
    await writeFile(path, file);
    await changeMetadata({ op: "add", path: `/${goes.id}/metadata/home`, value: { value: "yes" } });
    await cluster.fleetctl("start", path);
    expect(await cluster.untilActive(unit)).toBe(goes.id);

    await changeMetadata(
      { op: "add", path: `/${stays.id}/metadata/home`, value: { value: "yes" } },
      { op: "remove", path: `/${goes.id}/metadata/home` },
    );
    let isThere = false;
    await until("it has moved, and its old machine has taken its state back", async () => {
      const before = await etcdValue(cluster, `/_coreos.com/fleet/states/${goes.id}/${unit}`);
      const states = await statesOf(endpointOf(stays.address), unit);
      const here = states.filter(({ machineID }) => machineID === stays.id);
      if (isThere) expect(here.map((state) => state.systemdActiveState)).toEqual(["active"]);
      isThere = here.some((state) => state.systemdActiveState === "active");
      if (isThere && before === "") return { done: true, value: undefined };
      return { done: false, saw: JSON.stringify(states) };
    });
    expect(await cluster.untilActive(unit)).toBe(stays.id);
  });

  test("a machine that leaves takes its own states along, and those of no other", async () => {
    const leaving = goes.exec("systemctl", "stop", "fleet");
    let left = false;
    void leaving.then(() => (left = true));
    await until("only the other one's state is there", async () => {
      const found = await runsOn();
      expect(found).toContain(stays.id);
      if (left && !found.includes(goes.id)) return { done: true, value: undefined };
      return { done: false, saw: found.join() };
    });
    await leaving;
    expect(await runsOn()).toEqual([stays.id]);
  });
});
