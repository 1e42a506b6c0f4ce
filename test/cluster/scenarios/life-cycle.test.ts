import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { fixture, temporaryDirectory } from "../support/fixtures.ts";
import { namesOf } from "../support/fleet-view.ts";
import { scenarioCluster } from "../support/scenario-cluster.ts";

// One machine, and units on their way from a file to a running service and back, one by one and in batches.
describe("a unit's life", () => {
  const smoke = scenarioCluster(1);
  const { fleet } = smoke;

  const instances = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `hello@${index + 1}.service`);

  /** What shows that a command has done what it should for so many units. */
  const LISTINGS = {
    submit: async (count: number) => namesOf(await fleet.unitFiles(count)),
    load: async (count: number) => namesOf(await fleet.units(count)),
    start: async (count: number) => namesOf(await fleet.active(count)),
    restart: async (count: number) => namesOf(await fleet.active(count)),
  };

  /** Does `command` to all units at once, and `undo` to each of them by itself. */
  const thereAndBack = async (
    command: keyof typeof LISTINGS,
    undo: string,
    units: readonly string[],
  ): Promise<void> => {
    const { status, stderr } = await fleet.tryFleetctl([command, ...units]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining("Error") });
    expect(await LISTINGS[command](units.length)).toEqual(units);
    for (const unit of units) await fleet.fleetctl(undo, unit);
    await LISTINGS[command](0);
  };

  test("TestUnitRunnable: a started unit runs", async () => {
    await fleet.fleetctl("start", "hello.service");
    const [machine] = await fleet.machines(1);
    expect(await fleet.active(1)).toEqual([{ unit: "hello.service", active: "active", machine }]);
  });

  test.for<[title: string, command: keyof typeof LISTINGS, undo: string, count: number]>([
    ["TestUnitSubmit: units are submitted and destroyed, twice", "submit", "destroy", 9],
    ["TestUnitLoad: units are loaded and unloaded, twice", "load", "unload", 6],
    ["TestUnitStart: units are started and stopped, twice", "start", "stop", 3],
  ])("%s", async ([, command, undo, count]) => {
    await thereAndBack(command, undo, instances(count));
    await thereAndBack(command, undo, instances(count));
  });

  test("TestUnitRestart: restart restarts what runs and starts what is stopped", async () => {
    const units = instances(3);
    await fleet.fleetctl("start", ...units);
    await fleet.active(3);
    const before = await mainPids(units);
    await fleet.fleetctl("restart", ...units);
    const after = await mainPids(units);
    for (const [index, pid] of after.entries()) expect(pid).not.toBe(before[index]);
    await thereAndBack("restart", "stop", units);
    await thereAndBack("restart", "stop", units);
  });

  test.for<[title: string, command: keyof typeof LISTINGS, undo: string, count: number]>([
    ["TestUnitSubmitReplace: a submitted unit takes another file", "submit", "destroy", 9],
    ["TestUnitLoadReplace: a loaded unit takes another file", "load", "unload", 6],
    ["TestUnitStartReplace: a running unit takes another file", "start", "stop", 3],
  ])("%s", async ([, command, undo, count]) => {
    const units = instances(count);
    const directory = await temporaryDirectory();
    await fleet.fleetctl(command, ...units);
    expect(await LISTINGS[command](count)).toEqual(units);

    for (const unit of units) {
      const before = await fleet.fleetctl("cat", unit);
      const changed = before.replace("sleep 1", "sleep 2");
      expect(changed).not.toBe(before);
      await writeFile(join(directory, unit), changed);
      await fleet.fleetctl(command, "--replace", join(directory, unit));
      expect(await LISTINGS[command](count)).toEqual(units);
      expect(await fleet.fleetctl("cat", unit)).toBe(changed);
    }

    for (const unit of units) await fleet.fleetctl(undo, unit);
    await LISTINGS[command](0);
  });

  test("TestUnitCat: cat prints the file", async () => {
    await fleet.fleetctl("submit", "hello.service");
    await fleet.unitFiles(1);
    expect((await fleet.fleetctl("cat", "hello.service")).trim()).toBe(
      fixture("hello.service").trim(),
    );
  });

  test("TestListUnitFilesOrder: unit files are listed by name, however they came", async () => {
    const numbers = Array.from({ length: 20 }, (_, index) => String(index + 1).padStart(2, "0"));
    const units = numbers.map((number) => `hello@${number}.service`);
    for (const unit of units.toReversed()) await fleet.fleetctl("submit", unit);
    await fleet.unitFiles(20);
    const listing = ["list-unit-files", "--no-legend", "--fields", "unit"];
    expect((await fleet.fleetctl(...listing)).trim().split("\n")).toEqual(units);
  });

  test("TestScheduleOneWayConflict: a unit waits for one that will not have it, and runs once that is gone", async () => {
    await fleet.fleetctl("start", "--no-block", "conflicts-with-hello.service");
    await fleet.active(1);
    await fleet.fleetctl("start", "--no-block", "hello.service");
    expect(await fleet.listUnitFiles()).toHaveLength(2);
    // Started later and active: what came before it has been decided on.
    await fleet.fleetctl("start", "goodbye.service");
    expect(namesOf(await fleet.active(2))).toEqual([
      "conflicts-with-hello.service",
      "goodbye.service",
    ]);

    await fleet.fleetctl("destroy", "goodbye.service", "conflicts-with-hello.service");
    await fleet.units(1);
    expect(namesOf(await fleet.active(1))).toEqual(["hello.service"]);
  });

  async function mainPids(units: readonly string[]): Promise<readonly string[]> {
    const [machine] = smoke.cluster.machines;
    const show = ["systemctl", "show", "--property=MainPID", "--value"];
    const pids = await Promise.all(units.map(async (unit) => machine?.exec(...show, unit) ?? ""));
    for (const pid of pids) expect(Number(pid)).toBeGreaterThan(0);
    return pids;
  }
});
