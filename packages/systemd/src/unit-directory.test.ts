import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type LogFields, parseUnitName, silentLogger, SystemdError } from "@fleet/core";
import { afterEach, beforeEach, expect, test } from "vitest";

import { sampleUnit } from "../testing/sample-units.ts";
import { UnitDirectory } from "./unit-directory.ts";

const WEB = parseUnitName("web.service");
const web = sampleUnit(WEB, "runs");
const OPTIONS = {
  bootId: "boot-1",
  owner: "ours",
  companions: [".token", ".lease"],
  log: silentLogger,
};

let root = "";
let path = "";

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "fleet-units-"));
  path = join(root, "run/fleet/units");
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

test("the directory is made with its parents, and files in it are found again", async () => {
  await (await open()).write(WEB, web.text);
  expect(await (await open()).list()).toEqual([{ unit: WEB, hash: web.hash, launched: false }]);
  expect(await readFile(join(path, WEB), "utf8")).toBe(web.text);
});

test("files come in the order of their names", async () => {
  const directory = await open();
  const names = ["b.service", "a.timer", "a@2.service", "a@10.service"].map(parseUnitName);
  for (const name of names) await directory.write(name, web.text);
  expect(await directory.names()).toEqual(["a.timer", "a@10.service", "a@2.service", "b.service"]);
});

test("a mark lasts as long as the boot, and is news once", async () => {
  const directory = await open("boot-1");
  await directory.write(WEB, web.text);
  expect([await directory.marks.mark(WEB), await directory.marks.mark(WEB)]).toEqual([true, false]);
  expect(await launched(await open("boot-1"))).toEqual([WEB]);
  expect(await launched(await open("boot-2"))).toEqual([]);
  expect(await launched(await open("boot-1"))).toEqual([]);
});

test("taking a unit away takes its mark along; there may be neither", async () => {
  const directory = await open();
  await directory.write(WEB, web.text);
  await directory.marks.mark(WEB);
  await directory.remove(WEB);
  await directory.remove(WEB);
  await directory.write(WEB, web.text);
  expect(await launched(directory)).toEqual([]);
});

test("what an earlier process left half-written is cleared", async () => {
  await open();
  await writeFile(join(path, ".new", "7"), "[Serv");
  await open();
  expect(await readdir(join(path, ".new"))).toEqual([]);
});

test("a name of the greatest length has room for a file and a mark", async () => {
  const directory = await open();
  const unit = parseUnitName(`${"a".repeat(247)}.service`);
  await directory.write(unit, web.text);
  expect(await directory.marks.mark(unit)).toBe(true);
  expect(await launched(directory)).toEqual([unit]);
});

test("a file that is no unit file is ignored, and warned about once", async () => {
  const warnings: LogFields[] = [];
  const log = { ...silentLogger, warn: (fields: LogFields) => void warnings.push(fields) };
  const directory = await UnitDirectory.open({ ...OPTIONS, path, log });
  await writeFile(join(path, "README.txt"), "Not a unit.");
  expect([await directory.list(), await directory.list()]).toEqual([[], []]);
  expect(warnings.map((fields) => fields["unit"])).toEqual(["README.txt"]);
});

test.for<[what: string, make: (file: string) => Promise<unknown>]>([
  ["cannot be parsed", async (file) => writeFile(file, "[Service")],
  ["is a directory", async (file) => mkdir(file)],
  ["is a link to nowhere", async (file) => symlink("/nowhere", file)],
  ["is far too large", async (file) => writeFile(file, "#".repeat(5_000_000))],
])("a unit file that %s is listed without a hash and can be removed", async ([, make]) => {
  const directory = await open();
  await make(join(path, WEB));
  expect(await directory.list()).toEqual([{ unit: WEB, hash: undefined, launched: false }]);
  await directory.remove(WEB);
  expect(await directory.list()).toEqual([]);
});

test("of two files beside the units the newer one is taken over", async () => {
  const [one, other] = [await open(), await open("boot-1", join(root, "other"))];
  const write = async (directory: UnitDirectory, name: string, seconds: number) => {
    const file = join(directory.path, name);
    await writeFile(file, `${directory === one ? "one" : "other"} ${seconds}`);
    await utimes(file, seconds, seconds);
  };
  await write(one, ".token", 2);
  await write(other, ".token", 1);
  await write(one, ".lease", 1);
  await write(other, ".lease", 2);
  other.copyCompanions(one);
  expect(await readFile(join(other.path, ".token"), "utf8")).toBe("one 2");
  expect(await readFile(join(other.path, ".lease"), "utf8")).toBe("other 2");
});

test("what has moved away is deleted, and nothing else", async () => {
  const directory = await open();
  await directory.write(WEB, web.text);
  await directory.marks.mark(WEB);
  await writeFile(join(path, ".token"), "");
  await writeFile(join(path, "README.txt"), "Not fleet's.");
  directory.clear([WEB]);
  expect(await readdir(path)).toEqual(["README.txt"]);
});

test("a directory that cannot be used is named by the error", async () => {
  await writeFile(join(root, "run"), "in the way");
  await expect(open()).rejects.toThrow(SystemdError);
  await expect(open()).rejects.toThrow(path);
});

async function open(bootId = "boot-1", at = path): Promise<UnitDirectory> {
  return UnitDirectory.open({ ...OPTIONS, path: at, bootId });
}

async function launched(directory: UnitDirectory): Promise<readonly string[]> {
  return (await directory.list()).filter((entry) => entry.launched).map(({ unit }) => unit);
}
