import { setTimeout as sleep } from "node:timers/promises";

import {
  CLOCK_ENVIRONMENT,
  deleteUnit,
  leadingMachine,
  type Machine,
  putUnit,
  seenBy,
  setDaemonClock,
  signalFleetd,
  until,
  untilAnotherLeads,
  upgradeFleetd,
  witnessUnit,
} from "@fleet/rig";
import { describe, expect, test } from "vitest";

import { witnessedCluster } from "../support/witnessed-cluster.ts";

const witnessed = witnessedCluster("daemons", {
  agentTtl: "10s", // a daemon that is started again on a busy host may take several
  environment: CLOCK_ENVIRONMENT,
});
const machines = (): readonly Machine[] => witnessed.cluster.machines;

/** It may run only while the lease of its machine is known to hold. */
const TIMED = "timed.service";

const FAULTS: readonly (readonly [string, () => Promise<void>])[] = [
  [
    "every daemon is restarted",
    async () => {
      await Promise.all(machines().map(async (m) => m.exec("systemctl", "restart", "fleet")));
    },
  ],
  [
    "a daemon is upgraded, and its old files are gone before it ends",
    async () => {
      const [machine] = machines();
      if (machine === undefined) throw new Error("no machine");
      await upgradeFleetd(machine);
      await upgradeFleetd(machine);
    },
  ],
  [
    "the leader is killed",
    async () => signalFleetd(await leadingMachine(witnessed.cluster), "KILL"),
  ],
  [
    "the leader is frozen until another leads, and then wakes",
    async () => {
      const first = await leadingMachine(witnessed.cluster);
      await signalFleetd(first, "STOP");
      await untilAnotherLeads(witnessed.cluster, first);
      await signalFleetd(first, "CONT");
    },
  ],
  [
    "the clocks of daemons jump an hour apart, and back",
    async () => {
      const [first, second] = machines();
      if (first === undefined || second === undefined) throw new Error("three machines are wanted");
      await witnessed.start(TIMED, witnessUnit(`MachineID=${first.id}\nOnIsolation=stop`));
      await setClocks(
        new Map([
          [first, 1],
          [second, -1],
        ]),
      );
      await witnessed.expectUntouched();
      await setClocks(
        new Map([
          [first, 0],
          [second, 0],
        ]),
      );
      await witnessed.expectUntouched();
      expect(await seenOf([TIMED])).toEqual([`${TIMED} start`]);
    },
  ],
];

/** Hours off the host's clock; resolves when the daemons show them in what they log. */
async function setClocks(hours: ReadonlyMap<Machine, number>): Promise<void> {
  for (const [machine, off] of hours) await setDaemonClock(machine, `${off < 0 ? "" : "+"}${off}h`);
  for (const [machine, off] of hours) {
    await until(`the clock of ${machine.name} is ${off} h off`, async () => {
      await machine.exec("systemctl", "reload", "fleet");
      const args = [
        "--no-pager",
        "--output=cat",
        "--lines=1",
        "--unit=fleet.service",
        "--grep=time",
      ];
      const line = await machine.exec("journalctl", ...args);
      const { time } = JSON.parse(line) as { time: string };
      const saw = (Date.parse(time) - Date.now()) / 3_600_000;
      return Math.abs(saw - off) < 0.1
        ? { done: true, value: undefined }
        : { done: false, saw: `${saw} h` };
    });
  }
}

/** When the daemons are killed, counted from the first wish on. */
const KILLED_AFTER_MS = [30, 200];

describe("no healthy unit is stopped or started", () => {
  test.for(FAULTS)("while %s", async ([, fault]) => {
    await fault();
    await witnessed.expectUntouched();
  });

  test.for(KILLED_AFTER_MS)("while every daemon dies %i ms into starting units", async (ms) => {
    const units = Array.from({ length: 9 }, (_, index) => `batch-${ms}-${index}.service`);
    await Promise.all([...units.map(launch), killAllAfter(ms)]);
    for (const unit of units) await witnessed.cluster.untilActive(unit);
    await witnessed.expectUntouched();
    expect(await seenOf(units)).toEqual(units.map((unit) => `${unit} start`));
    await Promise.all([...units.map(destroy), killAllAfter(ms)]);
    await until("all of them are gone", async () => {
      const { stdout } = await witnessed.cluster.runFleetctl(["list-units", "--no-legend"]);
      const isGone = stdout !== "" && !stdout.includes("batch-");
      return isGone ? { done: true, value: undefined } : { done: false, saw: stdout };
    });
    await witnessed.expectUntouched();
    const both = units.flatMap((unit) => [`${unit} start`, `${unit} stop`]);
    expect(await seenOf(units)).toEqual(both);
  });
});

async function killAllAfter(ms: number): Promise<void> {
  await sleep(ms);
  await Promise.all(machines().map(async (machine) => signalFleetd(machine, "KILL")));
}

/** Again and again until it is acknowledged: whoever is asked may be killed before it answers. */
async function launch(unit: string): Promise<void> {
  await until(`${unit} is launched`, async () => {
    const endpoint = witnessed.cluster.endpoint();
    const saw = await putUnit(endpoint, unit, { desiredState: "launched", text: witnessUnit() });
    return saw === 201 || saw === 204
      ? { done: true, value: undefined }
      : { done: false, saw: `${saw}` };
  });
}

async function destroy(unit: string): Promise<void> {
  await until(`${unit} is destroyed`, async () => {
    const saw = await deleteUnit(witnessed.cluster.endpoint(), unit);
    return saw === 204 || saw === 404
      ? { done: true, value: undefined }
      : { done: false, saw: `${saw}` };
  });
}

/** What they saw, on whichever machine. */
async function seenOf(units: readonly string[]): Promise<readonly string[]> {
  const seen = (await Promise.all(machines().map(seenBy))).flat();
  return seen.filter((line) => units.some((unit) => line.startsWith(`${unit} `))).toSorted();
}
