import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Machine, until } from "@fleet/rig";
import { describe, expect, test } from "vitest";

import { fixture, temporaryDirectory } from "../support/fixtures.ts";
import { machineByUnit, namesOf } from "../support/fleet-view.ts";
import { scenarioCluster } from "../support/scenario-cluster.ts";

const KICK = "replace-kick0.service";

// Two machines, and units that pull each other in or push each other away.
describe("units beside each other", () => {
  const smoke = scenarioCluster(2);
  const { fleet } = smoke;

  test("TestInstallUnit: a unit that is only loaded follows another that systemd starts and stops", async () => {
    await fleet.fleetctl("load", "hello.service", "discovery.service");
    const rows = machineByUnit(await fleet.units(2));
    expect(rows.get("discovery.service")).toBe(rows.get("hello.service"));
    await untilDiscoveryIs("inactive");
    await fleet.fleetctl("start", "hello.service");
    await untilDiscoveryIs("active");
    await fleet.fleetctl("stop", "hello.service");
    await untilDiscoveryIs("inactive");
  });

  test("TestScheduleReplace: the unit that replaces stays, the one it replaces moves away", async () => {
    const [first, second] = twoMachines();
    await smoke.via(first).fleetctl("start", "--no-block", "replace.0.service");
    await smoke.via(second).fleetctl("start", "--no-block", "replace.1.service");
    await smoke.via(second).fleetctl("start", "--no-block", "replace.2.service");
    const before = machineByUnit(await fleet.active(3));
    expect(before.size).toBe(3);

    await fleet.fleetctl("start", "--no-block", KICK);
    expect(await fleet.listUnitFiles()).toHaveLength(4);
    const after = machineByUnit(await fleet.active(4));
    expect(after.get(KICK)).toBe(before.get("replace.0.service"));
    expect(after.get("replace.0.service")).not.toBe(before.get("replace.0.service"));
    expect(after.get("replace.1.service")).toBe(before.get("replace.1.service"));
    expect(after.get("replace.2.service")).toBe(before.get("replace.2.service"));
  });

  test("TestScheduleCircularReplace: of two units that would replace each other the second is refused", async () => {
    const file = join(await temporaryDirectory(), "replace.0.service");
    const text = fixture(KICK).replace("Replaces=replace.0.service", `Replaces=${KICK}`);
    await writeFile(file, text);
    await fleet.fleetctl("start", "--no-block", file);
    const running = await fleet.active(1);
    expect(namesOf(running)).toEqual(["replace.0.service"]);

    const refused = await fleet.tryFleetctl(["start", "--no-block", KICK]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/replace\.0\.service/);

    expect(namesOf(await fleet.listUnitFiles())).toEqual(["replace.0.service"]);
    // Started later and active: whatever the second one could have caused has been decided on.
    await fleet.fleetctl("start", "hello.service");
    expect(await fleet.active(2)).toEqual([
      expect.objectContaining({ unit: "hello.service" }),
      ...running,
    ]);
  });

  async function untilDiscoveryIs(state: "active" | "inactive"): Promise<void> {
    const show = "systemctl show --property=ActiveState discovery.service";
    const ssh = ["--strict-host-key-checking=false", "ssh", "discovery.service", show];
    await until(`systemd says that discovery.service is ${state}`, async () => {
      const said = (await fleet.fleetctl(...ssh)).trim();
      return said === `ActiveState=${state}`
        ? { done: true, value: undefined }
        : { done: false, saw: said };
    });
  }

  function twoMachines(): readonly [Machine, Machine] {
    const [first, second] = smoke.cluster.machines;
    if (first === undefined || second === undefined) throw new Error("not two machines");
    return [first, second];
  }
});
