import { spawnSync } from "node:child_process";
import { openSync } from "node:fs";
import { resolve } from "node:path";
import { type Machine, NODE_INSIDE, PROJECT_INSIDE, startMachine } from "@fleet/rig";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const FLEETD = resolve(import.meta.dirname, "../../packages/fleetd/bin/fleetd.js");
const RUN_MS_MAX = 20_000;

/** Runs fleetd to its end on this host, where there is no systemd to talk to. */
function fleetd(args: readonly string[], stdout: number | "pipe" = "pipe") {
  const stdio: ["ignore", number | "pipe", "pipe"] = ["ignore", stdout, "pipe"];
  const run = spawnSync(process.execPath, [FLEETD, ...args], { stdio, timeout: RUN_MS_MAX });
  return { status: run.status, stdout: String(run.stdout), stderr: String(run.stderr) };
}

test("an answer for which there is no room ends with 1 and one line", () => {
  const { status, stderr } = fleetd(["--version"], openSync("/dev/full", "w"));
  expect(status).toBe(1);
  expect(stderr).toMatch(/^FATAL fleetd: cannot write: ENOSPC[^\n]*\n$/);
});

test("a value that is missing is said to be missing", () => {
  const { status, stderr } = fleetd(["--config="]);
  expect([status, stderr.split("\n")[0]]).toEqual([2, "flag needs an argument: -config"]);
});

describe("on a machine", () => {
  let machine: Machine & AsyncDisposable;
  beforeAll(async () => {
    machine = await startMachine();
  });
  afterAll(() => machine?.[Symbol.asyncDispose]());

  const bin = `${PROJECT_INSIDE}/packages/fleetd/bin/fleetd.js`;
  const settings = "FLEET_UNITS_DIRECTORY=/run/other/units FLEET_LOG_FORMAT=text";
  const command = `exec env ${settings} ${NODE_INSIDE} ${bin}`;

  /** Runs fleetd inside to its end; `arrange` is shell before it. */
  const runInside = (arrange: string) =>
    machine.run(["sh", "-c", `${arrange} ${command}`], { timeoutMs: RUN_MS_MAX });

  test("a part that cannot be built ends it, although others are open", async () => {
    const { status, stderr } = await runInside("exec 3</dev/null; LISTEN_FDS=1 LISTEN_PID=$$");
    expect(stderr).toContain("FATAL fleetd: Failed creating Server: ");
    expect(status).toBe(1);
  });

  test("a machine without an ID is told in fleet's words", async () => {
    const { status, stderr } = await machine.run(
      ["unshare", "-m", "sh", "-c", `mount --bind /dev/null /etc/machine-id; ${command}`],
      { timeoutMs: RUN_MS_MAX },
    );
    const why = "unable to determine local machine ID: /etc/machine-id is missing or empty";
    expect(stderr.trimEnd().split("\n").slice(-3)).toEqual([
      `ERROR fleetd: Error retrieving machineID: ${why}`,
      "WARN fleetd: Unable to refresh machine state",
      `FATAL fleetd: Failed creating Server: ${why} code=FLEET_CONFIG_INVALID`,
    ]);
    expect(status).toBe(1);
  });

  // Node itself catches SIGTERM, so a caught SIGHUP is what tells that fleetd is listening.
  const atFirstListening = (signal: string): string =>
    `(until grep -q "SigCgt:.*[13579bdf]$" /proc/$$/status; do :; done; kill -${signal} $$) &`;

  test.for(["TERM", "INT"])("SIG%s during its start stops it as it does later", async (signal) => {
    const { status, stderr } = await runInside(atFirstListening(signal));
    expect(stderr).toContain("INFO fleetd: Gracefully shutting down");
    expect(status).toBe(0);
  });

  test("SIGHUP during its start is answered once it has started", async () => {
    const isReloaded = "grep -q 'INFO fleetd: Reloading configuration from' /run/fleetd.log";
    const { status } = await runInside(
      `exec 2>/run/fleetd.log; ${atFirstListening("HUP")} ` +
        `(until ${isReloaded}; do sleep 0.1; done; kill -TERM $$) &`,
    );
    expect(status).toBe(0);
  });
});
