import { type Cluster, type Machine, until } from "@fleet/rig";
import { expect, test } from "vitest";

import { startTestCluster } from "./support/start-cluster.ts";

// What systemd makes of units/fleet.service and units/fleet.socket.

test("stopping fleet closes its sockets too, so that no call starts it again; starting it opens them", async () => {
  await using cluster = await startTestCluster({ machines: 1 });
  const machine = onlyOne(cluster);

  await machine.exec("systemctl", "stop", "fleet");

  await untilStates(machine, ["inactive", "inactive"]);
  await expect(fetch(cluster.endpoint())).rejects.toThrow();
  expect(await statesOf(machine)).toEqual(["inactive", "inactive"]);

  await machine.exec("systemctl", "start", "fleet");

  expect(await statesOf(machine)).toEqual(["active", "active"]);
  await cluster.untilPresent(1);
});

test.for<[how: string, command: readonly string[]]>([
  ["is restarted", ["systemctl", "--no-block", "restart", "fleet"]],
  ["comes back from a crash", ["systemctl", "kill", "--kill-who=main", "--signal=KILL", "fleet"]],
])("whoever calls while the daemon %s is answered afterwards", async ([, command]) => {
  await using cluster = await startTestCluster({ machines: 1 });
  const machine = onlyOne(cluster);
  const before = await mainPid(machine);
  await machine.exec(...command);
  await until("the daemon is gone", async () => {
    const pid = await mainPid(machine);
    return pid === before ? { done: false, saw: pid } : { done: true, value: undefined };
  });

  const answer = await fetch(cluster.endpoint(), { signal: AbortSignal.timeout(20_000) });

  expect(answer.headers.get("content-type")).toBe("application/json"); // which may be a "not yet"
  expect(await mainPid(machine)).not.toBe(before);
});

test("the unix socket is for root and whoever the socket's unit names", async () => {
  await using cluster = await startTestCluster({ machines: 1 });
  const machine = onlyOne(cluster);
  const list = "fleetctl list-machines --no-legend --full --fields=machine";

  expect(await machine.exec("sh", "-c", list)).toBe(`${machine.id}\n`);
  expect(await machine.exec("runuser", "-u", "core", "--", "sh", "-c", list)).toBe(
    `${machine.id}\n`,
  );
  const nobody = await machine.run(["runuser", "-u", "nobody", "--", "sh", "-c", list]);
  expect(nobody.status).toBe(1);
  expect(nobody.stderr).toContain("permission denied");
});

function onlyOne(cluster: Cluster): Machine {
  const [machine] = cluster.machines;
  if (machine === undefined) throw new Error("the cluster has no machine");
  return machine;
}

/** Of the service and of the socket. */
async function statesOf(machine: Machine): Promise<readonly string[]> {
  const { stdout } = await machine.run(["systemctl", "is-active", "fleet.service", "fleet.socket"]);
  return stdout.trim().split("\n");
}

async function untilStates(machine: Machine, wanted: readonly string[]): Promise<void> {
  await until(`service and socket are ${wanted.join(" and ")}`, async () => {
    const states = await statesOf(machine);
    const done = states.join(" ") === wanted.join(" ");
    return done ? { done, value: undefined } : { done: false, saw: states.join(" ") };
  });
}

async function mainPid(machine: Machine): Promise<string> {
  return machine.exec("systemctl", "show", "--property=MainPID", "--value", "fleet.service");
}
