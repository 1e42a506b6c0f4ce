import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CommandFailedError, type CommandResult, type Machine } from "@fleet/rig";
import { describe, expect, test } from "vitest";

import { temporaryDirectory } from "../support/fixtures.ts";
import { namesOf } from "../support/fleet-view.ts";
import { scenarioCluster } from "../support/scenario-cluster.ts";

const YES = "yes\n";
const INSTANCES = Array.from({ length: 10 }, (_, index) => `hello@${index + 1}.service`);

// fleetctl reaches machines by ssh: for a tunnel, for a command on a unit's machine, for what systemd and the
// journal there say.
describe("through ssh", () => {
  const smoke = scenarioCluster(3);
  const { fleet } = smoke;

  const emptyFile = async (): Promise<string> => {
    const file = join(await temporaryDirectory(), "known_hosts");
    await writeFile(file, "");
    return file;
  };

  test("TestFleetctlWithEnv: the endpoint may come from the environment", async () => {
    const env = { FLEETCTL_ENDPOINT: smoke.cluster.endpoint() };
    const { status, stdout } = await fleet.tryFleetctl(["list-machines", "--no-legend"], { env });
    expect(status).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(3);
  });

  test("TestKnownHostsVerification: a host key is asked for once, and a changed one is refused", async () => {
    const knownHosts = await emptyFile();
    const strict = ["--strict-host-key-checking=true", `--known-hosts-file=${knownHosts}`];
    const uptime = async (machine: Machine, input: string): Promise<CommandResult> =>
      fleet.tryFleetctl([...strict, "ssh", machine.id, "uptime"], { input });
    const [, before] = await threeMachines();

    const asked = await uptime(before, YES);
    expect(asked).toMatchObject({ status: 0, stdout: expect.stringContaining("load average") });
    const stored = await readFile(knownHosts, "utf8");
    expect(stored).toContain(before.address);
    expect(await uptime(before, "")).toMatchObject({ status: 0 });

    const after = await smoke.cluster.replaceMachine(before);
    await fleet.machines(3);
    expect(after).toMatchObject({ address: before.address });
    const refused = await uptime(after, "");
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain("REMOTE HOST IDENTIFICATION HAS CHANGED");
    expect(await readFile(knownHosts, "utf8")).toBe(stored);

    await writeFile(knownHosts, "");
    expect(await uptime(after, YES)).toMatchObject({ status: 0 });
  });

  test("TestTunnelScheduleBatchUnits: units start through a tunnel, one and many", async () => {
    const [bastion] = await threeMachines();
    const tunnel = [
      `--tunnel=${bastion.address}`,
      "--strict-host-key-checking=true",
      `--known-hosts-file=${await emptyFile()}`,
    ];
    const start = async (units: readonly string[], input: string): Promise<void> => {
      const args = [...tunnel, "start", ...units];
      const result = await fleet.tryFleetctl(args, { input });
      if (result.status !== 0) throw new CommandFailedError(["fleetctl", ...args], result);
      expect(result.stderr).not.toContain("Error");
    };
    await start(["hello.service"], YES);
    await start(INSTANCES, "");
    expect(new Set(namesOf(await fleet.active(11)))).toEqual(
      new Set(["hello.service", ...INSTANCES]),
    );
  });

  test("TestUnitSSHActions: ssh, status and journal reach the unit's machine", async () => {
    const onMachine = async (...args: readonly string[]): Promise<string> =>
      fleet.fleetctl("--strict-host-key-checking=false", ...args);
    await fleet.fleetctl("start", "--no-block", "hello.service");
    await fleet.active(1);
    expect(await onMachine("ssh", "hello.service", "echo", "foo")).toContain("foo");
    expect(await onMachine("status", "hello.service")).toContain("Active: active");
    expect(await onMachine("journal", "--sudo", "hello.service")).toContain("Hello, World!");
  });

  test("TestUnitStatus: status shows a unit that is loaded and does not run", async () => {
    await fleet.fleetctl("load", "hello.service");
    await fleet.units(1);
    const status = ["--strict-host-key-checking=false", "status", "hello.service"];
    expect((await fleet.tryFleetctl(status)).stdout).toContain("Loaded: loaded");
  });

  async function threeMachines(): Promise<readonly [Machine, Machine, Machine]> {
    await fleet.machines(3);
    const [a, b, c] = smoke.cluster.machines;
    if (a === undefined || b === undefined || c === undefined) throw new Error("not three");
    return [a, b, c];
  }
});
