import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CommandResult, PROJECT_DIRECTORY, run } from "@fleet/rig";
import { describe, expect, test } from "vitest";

const FLEETCTL = join(PROJECT_DIRECTORY, "packages/fleetctl/bin/fleetctl.js");

// fleet's own functional tests of fleetctl that need no cluster.
describe("fleetctl by itself", () => {
  const { version } = JSON.parse(
    readFileSync(join(PROJECT_DIRECTORY, "packages/fleetctl/package.json"), "utf8"),
  ) as { readonly version: string };

  const fleetctl = async (...args: readonly string[]): Promise<CommandResult> =>
    run([process.execPath, FLEETCTL, ...args], { env: { PATH: process.env["PATH"] } });

  test("TestClientVersionFlag: `version` prints the version of the build", async () => {
    expect(await fleetctl("version")).toEqual({
      status: 0,
      stdout: `fleetctl version ${version}\n`,
      stderr: "",
    });
  });

  test("TestClientVersionHelpOutput: `help` names the version", async () => {
    const { status, stdout } = await fleetctl("help");
    expect(status).toBe(0);
    expect(stdout).toContain(version);
  });

  test.for<readonly string[]>([["--help"], ["-h"], ["help"], []])(
    "TestClientHelpFlag: fleetctl %s prints the help",
    async (args) => {
      const { status, stdout, stderr } = await fleetctl(...args);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toContain("list-machines");
    },
  );
});
