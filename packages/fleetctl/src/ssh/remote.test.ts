import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { Capture, TestTerminal } from "../../testing/index.ts";
import type { ApiMachine, FleetApi } from "../client/fleet-api.ts";
import { MachineDirectory } from "../client/machine-directory.ts";
import { CommandError } from "../errors.ts";
import { Remote } from "./remote.ts";

const HERE = "aaaaaaaaaaaa";
const THERE = "bbbbbbbbbbbb";

let terminal: TestTerminal;
let stdout: Capture;

beforeEach(async () => {
  terminal = await TestTerminal.open();
  stdout = new Capture();
});
afterEach(async () => {
  await terminal[Symbol.asyncDispose]();
});

/** A way to the machines that the API tells of. */
function remote(machines: () => Promise<readonly ApiMachine[]>): Remote {
  const { signal } = new AbortController();
  const api = { machines } as unknown as FleetApi;
  return new Remote({
    settings: { user: "core", connectTimeoutSeconds: 10, knownHostsFile: undefined },
    tunnel: undefined,
    machines: new MachineDirectory(api, signal),
    rim: terminal.rim({ stdout, stderr: stdout, signal }),
  });
}

const run = (to: Remote): Promise<number> =>
  to.run({ machine: THERE, command: ["true"], sshPort: 22 });

describe("a machine that cannot be found fails with 1", () => {
  const machine = { id: THERE, publicIp: "", metadata: new Map() };

  test.for<[string, () => Promise<ApiMachine[]>, string]>([
    ["it has left", async () => [], "machine bbbbbbbb... is not present"],
    ["it has no address", async () => [machine], "machine bbbbbbbb... has no public IP"],
    ["nobody answers", () => Promise.reject(new Error("EOF")), "EOF"],
  ])("%s", async ([, machines, reason]) => {
    const error: unknown = await run(remote(machines)).catch((thrown: unknown) => thrown);
    expect(error).toEqual(new CommandError(`Error getting machine IP: ${reason}`));
    expect(error).toHaveProperty("exitStatus", 1);
  });
});

test("without ssh on this machine that is said, with 255", async () => {
  const machines = async (): Promise<ApiMachine[]> => [
    { id: THERE, publicIp: "10.0.0.2", metadata: new Map() },
  ];
  const error: unknown = await run(remote(machines)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    message: "Unable to SSH to remote host: spawn ssh ENOENT",
    exitStatus: 255,
  });
});

test("a program that a signal ends has the status of a shell", async () => {
  await terminal.write("machine-id", HERE);
  await terminal.program("die", "kill -9 $$");
  const status = await remote(async () => []).run({
    machine: HERE,
    command: ["die"],
    sshPort: 22,
  });
  expect(status).toBe(137);
});
