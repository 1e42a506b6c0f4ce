import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Machine } from "@fleet/rig";
import { describe, expect, test } from "vitest";

import { fixture, temporaryDirectory } from "../support/fixtures.ts";
import { machineByUnit, namesOf, type UnitRow } from "../support/fleet-view.ts";
import { scenarioCluster } from "../support/scenario-cluster.ts";

const NO_QUESTIONS = "--strict-host-key-checking=false";
const NUMBERS = [0, 1, 2];

// Three machines, and units that say where they may run.
describe("placement", () => {
  const smoke = scenarioCluster(3);
  const { fleet } = smoke;

  test("TestScheduleMachineOf: a unit goes where its peer goes, also when the machine leaves", async () => {
    await untilAllLetIn();
    for (const number of NUMBERS) {
      await fleet.fleetctl("start", "--no-block", ...pair(number));
    }
    expect(await fleet.listUnitFiles()).toHaveLength(6);
    const before = await fleet.active(6);
    expectPairs(before);

    const [ping, pong] = pair(1);
    await fleet.fleetctl(NO_QUESTIONS, "ssh", ping, "sudo", "systemctl", "stop", "fleet");
    const leaving = machineByUnit(before).get(ping);
    const survivor = smoke.via(machineOtherThan(leaving));
    expect(await survivor.machines(2)).not.toContain(leaving);
    const after = await survivor.active(6);
    expectPairs(after);
    expect(machineByUnit(after).get(ping)).not.toBe(leaving);
    expect(machineByUnit(after).get(pong)).not.toBe(leaving);
  });

  test("TestScheduleConflicts: of five units that do not go together each machine runs one", async () => {
    await untilAllLetIn();
    for (const number of [...NUMBERS, 3, 4]) {
      await fleet.fleetctl("start", "--no-block", `conflict.${number}.service`);
    }
    expect(await fleet.listUnitFiles()).toHaveLength(5);
    expect(machinesOf(await fleet.active(3))).toEqual(await idsOf(3));
    const current = (await fleet.listUnitFiles()).map((row) => row.current);
    expect(current.toSorted().join(" ")).toBe("inactive inactive launched launched launched");
  });

  test("TestScheduleMultipleConflicts: several patterns count, in one line and in several", async () => {
    await untilAllLetIn();
    // Two machines are busier than the third, where all of the units would go if nothing kept them apart.
    const busy = smoke.cluster.machines.slice(0, 2).map((machine) => machine.id);
    const pins = busy.flatMap((id) => [`pin@${id}.service`, `pin@${id.slice(0, 8)}.service`]);
    await fleet.fleetctl("start", ...pins);
    const units = NUMBERS.map((number) => `conflict.multiple.${number}.service`);
    for (const unit of units) await fleet.fleetctl("start", "--no-block", unit);
    expect(await fleet.listUnitFiles()).toHaveLength(7);
    const rows = (await fleet.active(7)).filter((row) => units.includes(row.unit));
    expect(namesOf(rows)).toEqual(units);
    expect(machinesOf(rows)).toEqual(await idsOf(3));
  });

  test("TestScheduleConditionMachineID: a unit runs on the machine that it names", async () => {
    const directory = await temporaryDirectory();
    const ids = await idsOf(3);
    for (const [number, id] of ids.entries()) {
      const file = join(directory, `machine-${number}.service`);
      await writeFile(file, `${fixture("hello.service")}\n[X-Fleet]\nMachineID=${id}\n`);
      await fleet.fleetctl("start", file);
    }
    const machines = machineByUnit(await fleet.active(3));
    expect(ids.map((_, number) => machines.get(`machine-${number}.service`))).toEqual(ids);
  });

  test("TestTemplatesWithSpecifiersInMetadata: an instance names its machine", async () => {
    await fleet.fleetctl("submit", "metadata@.service");
    const hosts = smoke.cluster.machines.toReversed();
    for (const { hostname } of hosts) await fleet.fleetctl("start", `metadata@${hostname}.service`);
    const machines = machineByUnit(await fleet.active(3));
    for (const { hostname, id } of hosts) {
      expect(machines.get(`metadata@${hostname}.service`)).toBe(id);
    }
    const nowhere = ["start", "--block-attempts=20", "metadata@invalid.service"];
    expect(await fleet.tryFleetctl(nowhere)).toMatchObject({ status: 1 });
    expect(namesOf(await fleet.active(3))).not.toContain("metadata@invalid.service");
  });

  test("TestScheduleGlobalUnits: a global unit runs on every machine, beside others", async () => {
    await fleet.fleetctl("start", "--no-block", "hello.service", "goodbye.service");
    await fleet.active(2);
    await fleet.fleetctl("start", "--no-block", "global.service");
    expect(machinesOf(await active5("global.service"))).toEqual(await idsOf(3));

    const said = await fleet.fleetctl(NO_QUESTIONS, "status", "global.service");
    expect(said.match(/Active: active/g)).toHaveLength(3);

    const before = await mainPids("global.service");
    await fleet.fleetctl(NO_QUESTIONS, "restart", "global.service");
    const after = await mainPids("global.service");
    for (const [index, pid] of after.entries()) expect(pid).not.toBe(before[index]);
    expect(machinesOf(await active5("global.service"))).toEqual(await idsOf(3));
  });

  test("TestScheduleGlobalConflicts: the global unit that was there keeps the other away", async () => {
    await fleet.fleetctl("start", "--no-block", "conflict-global.0.service");
    expect(machinesOf(await fleet.active(3))).toEqual(await idsOf(3));
    await fleet.fleetctl("start", "--no-block", "conflict-global.1.service");
    // Started later and active: what came before it has been decided on.
    await fleet.fleetctl("start", "hello.service");
    const rows = (await fleet.active(4)).filter((row) => row.unit !== "hello.service");
    expect(new Set(namesOf(rows))).toEqual(new Set(["conflict-global.0.service"]));
    expect(machinesOf(rows)).toEqual(await idsOf(3));
    expect(namesOf(await fleet.listUnits())).not.toContain("conflict-global.1.service");
  });

  const pair = (number: number): readonly [ping: string, pong: string] => [
    `ping.${number}.service`,
    `pong.${number}.service`,
  ];

  function expectPairs(rows: readonly UnitRow[]): void {
    const machines = machineByUnit(rows);
    for (const number of NUMBERS) {
      const [ping, pong] = pair(number).map((unit) => machines.get(unit));
      expect(ping).toMatch(/^[0-9a-f]{32}$/);
      expect(pong).toBe(ping);
    }
  }

  /** The IDs of all machines, sorted. */
  async function idsOf(count: number): Promise<readonly string[]> {
    return (await fleet.machines(count)).toSorted();
  }

  function machinesOf(rows: readonly UnitRow[]): readonly string[] {
    return rows.map((row) => row.machine).toSorted();
  }

  async function active5(unit: string): Promise<readonly UnitRow[]> {
    return (await fleet.active(5)).filter((row) => row.unit === unit);
  }

  function machineOtherThan(id: string | undefined): Machine {
    const other = smoke.cluster.machines.find((machine) => machine.id !== id);
    if (other === undefined) throw new Error("no other machine");
    return other;
  }

  async function untilAllLetIn(): Promise<void> {
    const ids = await fleet.machines(3);
    await Promise.all(ids.map(async (id) => fleet.fleetctl(NO_QUESTIONS, "ssh", id, "uptime")));
  }

  async function mainPids(unit: string): Promise<readonly string[]> {
    const show = ["systemctl", "show", "--property=MainPID", "--value", unit];
    const shown = smoke.cluster.machines.map(async (machine) => machine.exec(...show));
    const pids = await Promise.all(shown);
    for (const pid of pids) expect(Number(pid)).toBeGreaterThan(0);
    return pids;
  }
});
