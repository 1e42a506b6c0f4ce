import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
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

test("a flag that does not exist ends with 2, as in fleet", () => {
  const { status, stderr } = fleetd(["--units"]);
  expect([status, stderr.split("\n")[0]]).toEqual([2, "flag provided but not defined: -units"]);
});

test("a check of the settings tells what is odd, and what is wrong, each in one line", () => {
  const path = join(mkdtempSync(join(tmpdir(), "fleet-conf-")), "fleet.conf");
  const check = (text: string) => {
    writeFileSync(path, text);
    const { status, stdout, stderr } = fleetd([`--config=${path}`, "--check-config"]);
    return { status, stdout, stderr };
  };
  expect(check("enable_grpc=true\n[fleet]\n")).toEqual({
    status: 0,
    stdout: "",
    stderr:
      `WARN fleetd: ${path}:1: Config option enable_grpc is no longer supported - ignoring\n` +
      `WARN fleetd: ${path}:2: settings have no sections: a setting below [fleet] would be refused\n`,
  });
  expect(check("public_ip=banana\netcd_cafile=/missing")).toEqual({
    status: 1,
    stdout: "",
    stderr:
      `FATAL fleetd: ${path}:1: public_ip: "banana" is neither an IPv4 nor an IPv6 address\n` +
      `FATAL fleetd: ${path}:2: etcd_cafile: /missing does not exist\n`,
  });
  rmSync(dirname(path), { recursive: true });
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

  test("without a systemd nothing is made", async () => {
    await machine.exec("rm", "-rf", "/run/other");
    const { status, stderr } = await runInside("export FLEET_SYSTEMD_USER=true;");
    expect(stderr).toContain("FATAL fleetd: Failed creating Server: cannot connect to systemd at ");
    expect(status).toBe(1);
    expect(existsSync(machine.path("/run/other"))).toBe(false);
  });

  test("units of another user are left to that user", async () => {
    await machine.exec("mkdir", "-p", "/run/other/units/.new");
    const who = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"];
    const { status, stderr } = await machine.run([...who, "sh", "-c", command], {
      timeoutMs: RUN_MS_MAX,
    });
    const why = "it and all in it must belong to the user that fleetd runs as";
    expect(stderr.trimEnd().split("\n").at(-1)).toBe(
      `FATAL fleetd: Failed creating Server: cannot use units directory /run/other/units: ${why} code=FLEET_SYSTEMD_FAILED`,
    );
    expect(status).toBe(1);
    await machine.exec("rm", "-r", "/run/other");
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
