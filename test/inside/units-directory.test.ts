// The units directory changes while units run: they must not notice, and fleet must not lose them.

import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { parseUnitName, silentLogger, type UnitName } from "@fleet/core";
import type { FileToInstall } from "@fleet/systemd";
import { openSystemdUnitManager, type SystemdUnitManager } from "@fleet/systemd/dbus";
import { fileOf, realClock, sampleUnit } from "@fleet/systemd/testing";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { machineScope, personScope, type Scope, startPersonsSystemd } from "./machine-bench.ts";

const { signal } = new AbortController();
const WEB = parseUnitName("moved-web.service");
const WANTED = parseUnitName("moved-wanted.service");
const IDLE = parseUnitName("moved-idle.service");
const TARGET = parseUnitName("moved.target");
const SOCKET = parseUnitName("moved-web.socket");
const UP = [WEB, WANTED, TARGET, SOCKET];
const ALL = [...UP, IDLE];
const FILES = [
  sampleUnit(WEB, "runs"),
  sampleUnit(WANTED, "runs", `[Install]\nWantedBy=${TARGET}\nAlias=moved-alias.service\n`),
  sampleUnit(IDLE, "runs"),
  fileOf(TARGET, "[Unit]\nDescription=Wants what asks for it"),
  fileOf(SOCKET, "[Socket]\nListenStream=/run/moved.sock"),
];

const ROOT = "/run/fleet-moved";
const OLD = join(ROOT, "old");
const NEW = join(ROOT, "far/new");

const opened = new Set<SystemdUnitManager>();

beforeAll(startPersonsSystemd);

beforeEach(async () => mkdir(ROOT));

afterEach(async () => {
  for (const manager of opened) {
    const units = (await manager.installed(signal)).map(({ unit }) => unit);
    for (const unit of units) await manager.stop(unit, signal);
    await manager.remove(units, signal);
    await close(manager);
  }
  await rm(ROOT, { recursive: true });
});

describe.for<[name: string, bus: "system" | "user", scope: Scope]>([
  ["the machine's systemd", "system", machineScope],
  ["a person's own systemd", "user", personScope],
])("%s", ([, bus, scope]) => {
  const openThere = async (directory: string): Promise<SystemdUnitManager> =>
    openManager(directory, bus);

  test("units that run do not notice that their files move, nor the restart after it", async () => {
    const manager = await openWithUnits(openThere);
    const before = await factsOf(scope);
    await manager.moveTo(NEW, signal);
    expect(await factsOf(scope)).toEqual(before);
    await expectMoved(manager, scope);

    await close(manager);
    const next = await openThere(NEW);
    expect(await factsOf(scope)).toEqual(before);
    await expectMoved(next, scope);
    await expectUnloads(next, scope);
  });

  test("a start with another directory takes over what runs", async () => {
    const manager = await openWithUnits(openThere);
    const before = await factsOf(scope);
    await close(manager);
    const next = await openThere(NEW);
    expect(await factsOf(scope)).toEqual(before);
    await expectMoved(next, scope);
    await expectUnloads(next, scope);
  });
});

test("what is installed after the move lies in the new directory, also in a unit's place", async () => {
  const manager = await openWithUnits(open);
  await manager.moveTo(NEW, signal);
  const changed = sampleUnit(WEB, "fails");
  const late = sampleUnit("moved-late.service", "runs");
  await install(manager, changed, late);
  expect(await readFile(join(NEW, WEB), "utf8")).toBe(changed.text);
  expect(await manager.start(late.unit, signal)).toBe("done");
  expect(unitsIn(await readdir(OLD))).toEqual([]);
});

test("units move there and back", async () => {
  const manager = await openWithUnits(open);
  const before = await factsOf(machineScope);
  await manager.moveTo(NEW, signal);
  await manager.moveTo(OLD, signal);
  expect(await factsOf(machineScope)).toEqual(before);
  expect(await launchedIn(manager)).toEqual(UP.toSorted());
  expect(unitsIn(await readdir(NEW))).toEqual([]);
});

test.for<[what: string, directory: string, reason: string, make: () => Promise<unknown>]>([
  [
    "cannot be made",
    join(import.meta.dirname, "units"), // the checkout is read-only here
    "cannot use units directory",
    async () => {},
  ],
  [
    "holds units of others",
    NEW,
    "foreign.service in it is not fleet's",
    async () => writeIn(NEW, "foreign.service", "[Service]\nExecStart=/bin/true\n"),
  ],
  [
    "belongs to another fleet",
    NEW,
    "it belongs to another fleet",
    async () => close(await openManager(NEW, "system", "others")),
  ],
  [
    "is used by another fleetd",
    NEW,
    "another fleetd uses it",
    async () => openManager(NEW, "system"),
  ],
  [
    "cannot take a unit",
    NEW,
    `cannot move unit ${WANTED}: `,
    async () =>
      writeIn(OLD, WANTED, "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=nonsense"),
  ],
])("a directory that %s is refused, and nothing changes", async ([, directory, reason, make]) => {
  const manager = await openWithUnits(open);
  await make();
  const [before, files] = [await factsOf(machineScope), await readdir(OLD)];
  await expect(manager.moveTo(directory, signal)).rejects.toThrow(reason);
  expect(await factsOf(machineScope)).toEqual(before);
  expect(await readdir(OLD)).toEqual(files);
  expect(await readlink(join(machineScope.links, WEB))).toBe(join(OLD, WEB));
  await install(manager, sampleUnit(IDLE, "exits"));
  expect(await manager.start(IDLE, signal)).toBe("done");
  expect(unitsIn(existsSync(NEW) ? await readdir(NEW) : [])).not.toContain(WEB);
});

test.for<[whose: string, owner: string, isGone: boolean]>([
  ["another owner's", "others", true],
  ["a fleetd's that runs", "ours", false],
])("a start takes over none of %s units", async ([, owner, isGone]) => {
  const manager = await openWithUnits(async (path) => openManager(path, "system", owner));
  const before = await factsOf(machineScope);
  if (isGone) await close(manager);
  const other = await openManager(NEW, "system", "ours");
  expect(await other.installed(signal)).toEqual([]);
  expect(await factsOf(machineScope)).toEqual(before);
  expect(await readlink(join(machineScope.links, WEB))).toBe(join(OLD, WEB));
  if (isGone) await openManager(OLD, "system", owner); // the end of the test takes them away with it
});

test("a start refuses a directory with somebody else's unit files, and touches none", async () => {
  await writeIn(NEW, WEB, "[Service]\nExecStart=/bin/true\n");
  await expect(open(NEW)).rejects.toThrow(
    `cannot use units directory ${NEW}: ${WEB} in it is not fleet's`,
  );
  expect(await readdir(NEW)).toEqual([WEB]);
});

test("a start refuses a directory that a person has linked units of", async () => {
  await writeIn(NEW, WEB, "[Service]\nExecStart=/bin/true\n");
  await machineScope.systemctl("link", join(NEW, WEB));
  try {
    await expect(open(NEW)).rejects.toThrow(`${WEB} in it is not fleet's`);
  } finally {
    await machineScope.systemctl("disable", WEB);
  }
});

test("a start takes over what fleet 1.0.0 left, which noted nothing but linked its units", async () => {
  const manager = await openWithUnits(open);
  const before = await factsOf(machineScope);
  await close(manager);
  await rm(join(OLD, ".owner"));
  const next = await open(OLD);
  expect((await next.installed(signal)).length).toBe(ALL.length);
  expect(await factsOf(machineScope)).toEqual(before);
});

test("a move that broke off is finished by the next start", async () => {
  const manager = await openWithUnits(open);
  const before = await factsOf(machineScope);
  await close(manager);
  await writeIn(NEW, WEB, await readFile(join(OLD, WEB), "utf8"));
  await writeIn(NEW, IDLE, "[Service]\nExecStart=/bin/false\n");
  await writeFile(join(NEW, ".owner"), "ours");
  await machineScope.systemctl("link", "--runtime", "--force", join(NEW, WEB));
  const next = await open(NEW);
  expect(await factsOf(machineScope)).toEqual(before);
  await expectMoved(next, machineScope);
  const idle = FILES.find(({ unit }) => unit === IDLE);
  expect(await readFile(join(NEW, IDLE), "utf8")).toBe(idle?.text);
});

async function open(directory: string): Promise<SystemdUnitManager> {
  return openManager(directory, "system");
}

async function openManager(
  directory: string,
  bus: "system" | "user",
  owner = "ours",
): Promise<SystemdUnitManager> {
  const companions = [".instance"];
  const options = { directory, bus, owner, companions, clock: realClock, log: silentLogger };
  const manager = await openSystemdUnitManager(options);
  opened.add(manager);
  return manager;
}

async function close(manager: SystemdUnitManager): Promise<void> {
  opened.delete(manager);
  await manager.close();
}

async function openWithUnits(
  openIn: (directory: string) => Promise<SystemdUnitManager>,
): Promise<SystemdUnitManager> {
  const manager = await openIn(OLD);
  await writeFile(join(OLD, ".instance"), "token");
  await install(manager, ...FILES);
  for (const unit of [TARGET, WANTED, SOCKET, WEB]) {
    expect(await manager.start(unit, signal)).toBe("done");
  }
  return manager;
}

async function install(manager: SystemdUnitManager, ...files: readonly FileToInstall[]) {
  const results = await manager.install(files, signal);
  expect(results).toEqual(files.map(({ unit }) => ({ unit, ok: true })));
}

/** What would differ if systemd had touched a unit. */
async function factsOf({ systemctl }: Scope): Promise<string> {
  const names = ["ActiveState", "ActiveEnterTimestampMonotonic", "InvocationID", "MainPID"];
  const properties = [...names, "NRestarts", "Job"].map((name) => `--property=${name}`);
  return systemctl("show", ...properties, ...ALL);
}

async function expectMoved(manager: SystemdUnitManager, scope: Scope): Promise<void> {
  const stale = await scope.systemctl("show", "--property=NeedDaemonReload", "--value", ...ALL);
  expect(new Set(stale.split(/\n+/))).toEqual(new Set(["no"]));
  const links = [...ALL, join(`${TARGET}.wants`, WANTED), "moved-alias.service"];
  const targets = links.map((link) => readlink(join(scope.links, link)));
  const files = [...ALL, WANTED, WANTED].map((unit) => join(NEW, unit));
  expect(await Promise.all(targets)).toEqual(files);
  expect(await launchedIn(manager)).toEqual(UP.toSorted());
  expect((await manager.installed(signal)).length).toBe(ALL.length);
  expect(await readFile(join(NEW, ".instance"), "utf8")).toBe("token");
  expect(await readdir(OLD)).toEqual([]);
}

async function expectUnloads(manager: SystemdUnitManager, scope: Scope): Promise<void> {
  for (const unit of ALL) expect(await manager.stop(unit, signal)).toBe("done");
  await manager.remove(ALL, signal);
  const left = await scope.systemctl("show", "--property=LoadState", "--value", ...ALL);
  expect(new Set(left.split(/\n+/))).toEqual(new Set(["not-found"]));
  expect(unitsIn(await readdir(NEW))).toEqual([]);
  expect((await readdir(scope.links)).filter((name) => name.startsWith("moved"))).toEqual([]);
}

async function launchedIn(manager: SystemdUnitManager): Promise<readonly UnitName[]> {
  const installed = await manager.installed(signal);
  return installed.filter(({ launched }) => launched).map(({ unit }) => unit);
}

async function writeIn(directory: string, name: string, text: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, name), text);
}

function unitsIn(entries: readonly string[]): readonly string[] {
  return entries.filter((entry) => !entry.startsWith("."));
}
