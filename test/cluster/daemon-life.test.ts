import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, type Machine, startCluster, until } from "@fleet/rig";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const UNIT = "witness.service";
const RECORD = "/var/log/witness";

// The daemon ends and comes back in every way there is. The witness, a unit pinned to its machine,
// writes down each start and stop it sees: only leaving the cluster may stop it.
describe("the daemon's life and its units", () => {
  let cluster: Cluster;
  let home: Machine;
  let directory: string;

  beforeAll(async () => {
    cluster = await startCluster({
      machines: 2,
      agentTtl: "3s",
      evidenceDirectory: "test-results/daemon-life",
    });
    home = cluster.machines[0] as Machine;
    directory = await mkdtemp(join(tmpdir(), "fleet-test-"));
    const path = join(directory, UNIT);
    await writeFile(path, witness(home.id));
    await cluster.fleetctl("start", path);
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const daemonPid = async (): Promise<string> =>
    (await home.exec("systemctl", "show", "--property=MainPID", "--value", "fleet")).trim();

  /** Resolves when another process than `before` serves the API of the witness's machine. */
  const untilBack = async (before: string): Promise<void> =>
    until("the daemon is back", async () => {
      const pid = await daemonPid();
      if (pid === before || pid === "0") return { done: false, saw: `process ${pid}` };
      const { status, stderr } = await cluster.runFleetctl(["list-units"], { via: home });
      return status === 0 ? { done: true, value: undefined } : { done: false, saw: stderr };
    });

  test.for<[how: string, command: readonly string[]]>([
    ["is restarted", ["systemctl", "restart", "fleet"]],
    ["is killed", ["systemctl", "kill", "--kill-who=main", "--signal=KILL", "fleet"]],
    ["gets a SIGTERM that systemd did not send", ["systemctl", "kill", "--kill-who=main", "fleet"]],
  ])("the daemon %s and no unit is stopped or started", async ([, command]) => {
    const before = await daemonPid();
    await home.exec(...command);
    await untilBack(before);
    expect(await cluster.untilActive(UNIT)).toBe(home.id);
    expect(await home.exec("cat", RECORD)).toBe("start\n");
  });

  test("the daemon is stopped: it leaves the cluster at once, its units end and their files go", async () => {
    await home.exec("systemctl", "stop", "fleet");
    await cluster.untilPresent(1, { withinMs: 1_000 });
    expect(await home.exec("cat", RECORD)).toBe("start\nstop\n");
    expect((await home.run(["systemctl", "is-active", UNIT])).stdout).toBe("inactive\n");
    expect((await home.run(["ls", `/run/fleet/units/${UNIT}`])).status).not.toBe(0);
  });

  test("the daemon is started again: a unit pinned to its machine returns", async () => {
    await home.exec("systemctl", "start", "fleet.socket", "fleet");
    await cluster.untilPresent(2);
    expect(await cluster.untilActive(UNIT)).toBe(home.id);
    expect(await home.exec("cat", RECORD)).toBe("start\nstop\nstart\n");
  });
});

function witness(machineId: string): string {
  return `[Service]
ExecStart=/bin/sh -c 'echo start >> ${RECORD}; exec sleep infinity'
ExecStop=/bin/sh -c 'echo stop >> ${RECORD}'

[X-Fleet]
MachineID=${machineId}
`;
}
