import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { silentLogger, SystemdError } from "@fleet/core";
import { afterEach, beforeEach, expect, test } from "vitest";

import { sampleUnit } from "../testing/sample-units.ts";
import { Manager } from "./dbus/manager.ts";
import { UnitDirectory } from "./unit-directory.ts";
import { UnitsHome } from "./units-home.ts";

const { signal } = new AbortController();
const web = sampleUnit("web.service", "runs");
const INSTALLED = [{ unit: web.unit, hash: web.hash, launched: true }];

let root = "";
let home: UnitsHome;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "fleet-home-"));
  home = await UnitsHome.open(join(root, "old"), open);
  await home.directory.write(web.unit, web.text);
  await home.directory.marks.mark(web.unit);
});

afterEach(async () => {
  await home.close();
  await rm(root, { recursive: true });
});

test.for<[what: string, read: (directory: UnitDirectory) => Promise<unknown>]>([
  ["that fails", async (directory) => directory.list()],
  ["that finds nothing", async (directory) => directory.names()],
])("a read %s because the files have moved meanwhile is done again", async ([, readOld]) => {
  let isFirst = true;
  const read = async (directory: UnitDirectory): Promise<unknown> => {
    if (!isFirst) return directory.list();
    isFirst = false;
    await move();
    return readOld(directory);
  };
  expect(await home.read(read)).toEqual(INSTALLED);
});

test("a read that fails where the files are has failed", async () => {
  const reading = home.read(async () => {
    throw new SystemdError("unreadable");
  });
  await expect(reading).rejects.toThrow("unreadable");
});

test("a mark made before the last moment moves along", async () => {
  await home.directory.marks.unmark(web.unit);
  const moving = move();
  await home.directory.marks.mark(web.unit);
  await moving;
  expect(await home.directory.list()).toEqual(INSTALLED);
  expect(await readdir(join(root, "old"))).toEqual([]);
});

/** systemd has no part in it: nothing is linked. */
async function move(): Promise<void> {
  const manager = new Manager(async () => [{ value: [] }]);
  const deps = { directory: home.directory, manager, log: silentLogger };
  await home.moveTo(join(root, "new"), deps, signal);
}

async function open(path: string): Promise<UnitDirectory> {
  const log = silentLogger;
  return UnitDirectory.open({ path, bootId: "boot-1", owner: "ours", companions: [], log });
}
