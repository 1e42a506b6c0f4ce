import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CommandResult, Machine } from "@fleet/rig";
import { describe, expect, test } from "vitest";

import { temporaryDirectory } from "./support/fixtures.ts";
import { scenarioCluster } from "./support/scenario-cluster.ts";

// What fleetctl does over ssh beyond fleet's own scenarios: host keys, exit statuses, tunnels, global units.

const UNCHECKED = "--strict-host-key-checking=false";

describe("fleetctl over ssh", () => {
  const smoke = scenarioCluster(2);
  const { fleet } = smoke;

  const machines = async (): Promise<readonly [Machine, Machine]> => {
    await fleet.machines(2);
    const [a, b] = smoke.cluster.machines;
    if (a === undefined || b === undefined) throw new Error("not two machines");
    return [a, b];
  };

  describe("an unknown host key", () => {
    const asked = async (input: string): Promise<CommandResult & { readonly stored: string }> => {
      const [machine] = await machines();
      const file = join(await temporaryDirectory(), "made", "known_hosts");
      const flags = [`--known-hosts-file=${file}`];
      const result = await fleet.tryFleetctl([...flags, "ssh", machine.id, "true"], { input });
      return { ...result, stored: await readFile(file, "utf8").catch(() => "") };
    };

    test.for(["yes\n", "y\n", "YES\n"])("is stored after %o", async (answer) => {
      const { status, stderr, stored } = await asked(answer);
      expect(status).toBe(0);
      expect(stderr).toMatch(/^The authenticity of host '[^']+' can't be established\.\n/);
      expect(stderr).toContain("Are you sure you want to continue connecting (yes/no");
      expect(stderr).toContain("to the list of known hosts.");
      const [machine] = await machines();
      expect(stored).toMatch(new RegExp(String.raw`^${machine.address} ssh-\S+ \S+\n`));
    });

    test.for(["no\n", "perhaps\n", "\n", ""])("is refused after %o", async (answer) => {
      const { status, stderr, stored } = await asked(answer);
      expect(status).toBe(255);
      expect(stderr).toContain("Host key verification failed.");
      expect(stderr).toMatch(/\nFailed running command over SSH: .+\n$/);
      expect(stored).toBe("");
    });
  });

  test("a changed host key is refused in fleet's words, and stays as it was", async () => {
    const [machine, other] = await machines();
    const file = join(await temporaryDirectory(), "known_hosts");
    const rigs = await readFile(smoke.cluster.rig.knownHostsFile, "utf8");
    const key = rigs.split("\n").find((line) => line.startsWith(`${other.address} `)) ?? "";
    const wrong = `${key.replace(other.address, machine.address)}\n`;
    await writeFile(file, wrong);
    const args = [`--known-hosts-file=${file}`, "ssh", machine.id, "true"];
    const { status, stdout, stderr } = await fleet.tryFleetctl(args, { input: "yes\n" });
    expect({ status, stdout }).toEqual({ status: 255, stdout: "" });
    for (const words of [
      "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
      "IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!",
      "Someone could be eavesdropping on you right now (man-in-the-middle attack)!",
      "It is also possible that a host key has just been changed.",
      "Please contact your system administrator.",
      `Add correct host key in ${file} to get rid of this message.`,
      "Host key verification failed.",
    ]) {
      expect(stderr).toContain(words);
    }
    expect(await readFile(file, "utf8")).toBe(wrong);
  });

  describe("the status of a remote command is fleetctl's", () => {
    test.for<[command: string, status: number]>([
      ["true", 0],
      ["exit 7", 7],
      ["no-such-program-anywhere", 127],
      ["sh -c 'kill -KILL $$'", 137],
      ["sh -c 'kill -TERM $$'", 143],
      ["true & # in the background", 0],
    ])("%s: %d", async ([command, status]) => {
      const [machine] = await machines();
      const ended = await fleet.tryFleetctl([UNCHECKED, "ssh", machine.id, "--", command]);
      expect(ended).toMatchObject({ status, stdout: "" });
      expect(ended.stderr).not.toContain("Failed");
    });

    test("255 when there is no way to the machine", async () => {
      const [machine] = await machines();
      const args = [UNCHECKED, "ssh", "--ssh-port=1", machine.id, "true"];
      const { status, stderr } = await fleet.tryFleetctl(args);
      expect(status).toBe(255);
      expect(stderr).toMatch(
        /Failed running command over SSH: ssh to \S+ ended with status 255\n$/,
      );
    });
  });

  describe("status and journal", () => {
    const onMachine = async (
      machine: Machine,
      ...args: readonly string[]
    ): Promise<CommandResult> => machine.run(["fleetctl", UNCHECKED, ...args]);

    test("need no ssh on the unit's own machine", async () => {
      await fleet.fleetctl("start", "hello.service");
      const [row] = await fleet.active(1);
      const machine = smoke.cluster.machine(row?.machine ?? "");
      expect((await onMachine(machine, "status", "hello")).stdout).toContain("Active: active");
      expect((await onMachine(machine, "journal", "hello")).stdout).toContain("Hello, World!");
    });

    test("go through a tunnel, and so does ssh", async () => {
      await fleet.fleetctl("start", "hello.service");
      const id = (await fleet.active(1))[0]?.machine ?? "";
      const [a, b] = await machines();
      const bastion = a.id === id ? b : a;
      const through = [`--tunnel=${bastion.address}`, UNCHECKED];
      const status = await fleet.fleetctl(...through, "status", "hello");
      expect(status).toContain("Active: active");
      const journal = await fleet.fleetctl(...through, "journal", "--sudo", "hello");
      expect(journal).toContain("Hello, World!");
      expect(await fleet.fleetctl(...through, "ssh", "hello", "hostname")).toBe(
        `${smoke.cluster.machine(id).hostname}\n`,
      );
    });

    test("of a global unit come from all its machines", async () => {
      const [a, b] = await machines();
      const directory = await temporaryDirectory();
      const file = join(directory, "everywhere.service");
      const text = "[Service]\nExecStart=/bin/sleep infinity\n\n[X-Fleet]\nGlobal=true\n";
      await mkdir(directory, { recursive: true });
      await writeFile(file, text);
      await fleet.fleetctl("start", file);
      await fleet.active(2);
      const { status, stdout } = await fleet.tryFleetctl([UNCHECKED, "status", "everywhere"]);
      expect(status).toBe(0);
      for (const { id, address } of [a, b]) {
        const prefix = `${id.slice(0, 8)}.../${address}: `;
        const lines = stdout.split("\n").filter((line) => line.startsWith(prefix));
        expect(lines.join("\n")).toContain("Active: active (running)");
      }
    });

    test("pass the status of a unit that is at rest on", async () => {
      await fleet.fleetctl("load", "hello.service");
      await fleet.units(1);
      expect((await fleet.tryFleetctl([UNCHECKED, "status", "hello"])).status).toBe(3);
    });
  });
});
