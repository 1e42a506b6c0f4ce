import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { type Machine, until } from "@fleet/rig";
import { describe, expect, test } from "vitest";

import { machineByUnit } from "../support/fleet-view.ts";
import { scenarioCluster } from "../support/scenario-cluster.ts";
import { fleetService } from "../support/service-state.ts";

const UNITS = [0, 1, 2].map((number) => `conflict.${number}.service`);

// Machines leave the cluster, are replaced, come anew, and claim to be each other.
describe("membership", () => {
  const smoke = scenarioCluster(3);
  const { fleet } = smoke;

  test("TestDynamicClusterMemberReboot: only the unit of the machine that is replaced moves", async () => {
    await fleet.machines(3);
    await fleet.fleetctl("start", ...UNITS);
    expect(await fleet.listUnits()).toHaveLength(3);
    const before = machineByUnit(await fleet.active(3));

    const leaving = machineAt(1);
    const joining = await smoke.cluster.replaceMachine(leaving);
    await fleet.machines(3);
    const after = machineByUnit(await fleet.active(3));

    const moved = (from: string): string => (from === leaving.id ? joining.id : from);
    expect(after).toEqual(new Map([...before].map(([unit, from]) => [unit, moved(from)])));
    expect(after).not.toEqual(before);
  });

  test("TestDynamicClusterNewMemberUnitMigration: a unit moves to the machine that has room for it", async () => {
    const spare = await smoke.cluster.addMachine();
    await fleet.machines(4);
    // The busiest machine of all: only the conflicts lead there.
    await fleet.fleetctl("start", `pin@${spare.id}.service`, `pin@${spare.id.slice(0, 8)}.service`);
    await fleet.fleetctl("start", ...UNITS);
    expect(await fleet.listUnits()).toHaveLength(5);
    const before = machineByUnit(await fleet.active(5));
    const moving = "conflict.1.service";
    const leaving = before.get(moving) ?? "";
    expect(leaving).not.toBe(spare.id);

    await smoke.cluster.machine(leaving).exec("systemctl", "stop", "fleet");
    const survivor = smoke.via(spare);
    await survivor.machines(3);
    const after = machineByUnit(await survivor.active(5));
    expect(after).toEqual(new Map([...before, [moving, spare.id]]));
  });

  test("TestNodeShutdown: a machine that leaves takes its pinned unit and its files along", async () => {
    const [leaving, witness] = [machineAt(0), machineAt(1)];
    const all = smoke.cluster.machines.length;
    await fleet.machines(all);
    const unit = `pin@${leaving.id}.service`;
    await fleet.fleetctl("start", unit);
    expect(machineByUnit(await fleet.active(1)).get(unit)).toBe(leaving.id);

    await leaving.exec("systemctl", "stop", "fleet");
    const seen = smoke.via(witness);
    expect(await seen.machines(all - 1)).not.toContain(leaving.id);
    await seen.active(0);
    const { stdout, stderr } = await leaving.run(["systemctl", "status", unit]);
    expect(stdout + stderr).toContain("could not be found");
    expect(await readdir(leaving.path("/run/fleet/units"))).not.toContain(unit);
  });

  test("TestDetectMachineId: a machine with another's ID is kept out until the ID is free", async () => {
    const [owner, impostor] = [machineAt(0), machineAt(1)];
    await fleet.machines(smoke.cluster.machines.length);
    await setMachineId(impostor, owner.id);
    await restartFleet(impostor);
    const refused = await smoke.via(impostor).tryFleetctl(["list-machines", "--no-legend"]);
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("fleet server unable to communicate with etcd"),
    });

    const newId = randomUUID().replaceAll("-", "");
    await setMachineId(owner, newId);
    await restartFleet(owner);
    const seen = await smoke.via(owner).machines(smoke.cluster.machines.length);
    expect(seen).toEqual(expect.arrayContaining([newId, owner.id]));
    await until("the machine with the freed ID is let in", async () => {
      const { status, stderr } = await smoke.via(impostor).tryFleetctl(["list-machines"]);
      return status === 0 ? { done: true, value: undefined } : { done: false, saw: stderr };
    });
  });

  function machineAt(index: number): Machine {
    const machine = smoke.cluster.machines[index];
    if (machine === undefined) throw new Error(`no machine ${index}`);
    return machine;
  }

  async function setMachineId(machine: Machine, id: string): Promise<void> {
    await machine.exec("sh", "-c", `echo ${id} > /etc/machine-id`);
  }

  async function restartFleet(machine: Machine): Promise<void> {
    await machine.exec("systemctl", "restart", "fleet.service");
    expect(await fleetService(machine)).toEqual({ active: "active", result: "success" });
  }
});
