import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { fillDisks, type Machine, signalFleetd, until } from "@fleet/rig";
import { describe, expect, onTestFinished, test } from "vitest";

import { witnessedCluster } from "../support/witnessed-cluster.ts";

const witnessed = witnessedCluster("machine", { agentTtl: "10s" });
const UNIT = "no-room.service";

const each = async (work: (machine: Machine) => Promise<unknown>): Promise<void> =>
  void (await Promise.all(witnessed.cluster.machines.map(work)));

/** A command on every machine. */
const FAULTS: readonly (readonly [string, readonly string[]])[] = [
  ["systemd re-executes itself", ["systemctl", "daemon-reexec"]],
  ["the message bus is restarted", ["systemctl", "restart", "dbus.service"]],
  ["the message bus is killed", ["systemctl", "kill", "--signal=KILL", "dbus.service"]],
];

describe("no healthy unit is stopped or started", () => {
  test.for(FAULTS)("while %s", async ([, command]) => {
    await each(async (machine) => machine.exec(...command));
    await witnessed.expectUntouched();
  });

  test("while a machine's disks are full, and its fleetd is started on them", async () => {
    const victim = witnessed.cluster.machines.at(-1);
    if (victim === undefined) throw new Error("no machine");
    const makeRoom = await fillDisks(victim);
    const file = await unitFileFor(victim);
    const refused = await witnessed.cluster.runFleetctl(["start", "--block-attempts=2", file]);
    expect(refused.stderr).toContain(`cannot write unit ${UNIT}: ENOSPC: no space left on device`);
    await signalFleetd(victim, "KILL");
    await untilItHasTried(victim);
    await makeRoom();
    expect(await witnessed.cluster.untilActive(UNIT)).toBe(victim.id);
    await witnessed.expectUntouched();
  });
});

/** A unit that runs on this machine only. */
async function unitFileFor(machine: Machine): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fleet-machine-"));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  const path = join(folder, UNIT);
  const text = `[Service]\nExecStart=/bin/sleep infinity\n[X-Fleet]\nMachineID=${machine.id}\n`;
  await writeFile(path, text);
  return path;
}

/** Resolves when the daemon of a full machine is in the cluster again and says what it cannot do. */
async function untilItHasTried(machine: Machine): Promise<void> {
  await until(`fleetd of ${machine.name} is back`, async () => {
    const reports = `${witnessed.cluster.endpoint(machine)}/fleet/v1/reports/${UNIT}`;
    const saw = await (await fetch(reports, { signal: AbortSignal.timeout(2_000) })).text();
    return saw.includes("ENOSPC") ? { done: true, value: undefined } : { done: false, saw };
  });
}
