import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parseUnitName } from "@fleet/core";
import { afterEach, beforeEach, expect, test } from "vitest";

import {
  findUnitFiles,
  foreignFragment,
  type FoundFiles,
  linkedDirectories,
} from "./search-path.ts";

const WEB = parseUnitName("web.service");

let root = "";

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "fleet-search-"));
  for (const directory of ["etc", "run", "lib", "fleet"]) await mkdir(join(root, directory));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

test("a name that nobody uses is free", async () => {
  expect(await find()).toEqual({ links: [], foreign: undefined });
});

test("a link into fleet's directory is fleet's, also one to nowhere and one by another path", async () => {
  await symlink(join(root, "fleet", WEB), join(root, "run", WEB));
  await symlink(`../fleet/${WEB}`, join(root, "etc", WEB));
  await symlink("fleet", join(root, "alias"));
  await symlink(join(root, "alias", WEB), join(root, "lib", WEB));
  const links = ["etc", "run", "lib"].map((directory) => join(root, directory, WEB));
  expect(await find()).toEqual({ links, foreign: undefined });
});

test("the directories that links lead into are found, each once, whatever is missing there", async () => {
  await symlink(join(root, "fleet", WEB), join(root, "run", WEB));
  await symlink("../former/web.service", join(root, "run/one.service"));
  await symlink(join(root, "former/web.service"), join(root, "etc/two.service"));
  const searchPath = ["etc", "run", "lib", "none"].map((directory) => join(root, directory));
  expect(linkedDirectories(searchPath, join(root, "fleet"))).toEqual([join(root, "former")]);
});

test.for<[what: string, make: (path: string) => Promise<void>]>([
  ["a file", async (path) => writeFile(path, "[Service]")],
  ["a mask", async (path) => symlink("/dev/null", path)],
  ["an alias", async (path) => symlink("other.service", path)],
])("%s outside of fleet's directory belongs to the machine", async ([, make]) => {
  const path = join(root, "lib", WEB);
  await make(path);
  expect(await find()).toEqual({ links: [], foreign: path });
});

test("of several files the one that systemd would take is named", async () => {
  await writeFile(join(root, "lib", WEB), "");
  await writeFile(join(root, "etc", WEB), "");
  expect((await find())?.foreign).toBe(join(root, "etc", WEB));
});

test("fleet's own directory may be part of the search path, and others may be missing", async () => {
  await writeFile(join(root, "fleet", WEB), "");
  const searchPath = [join(root, "missing"), join(root, "fleet")];
  const found = await findUnitFiles(searchPath, join(root, "fleet"), [WEB]);
  expect(found.get(WEB)).toEqual({ links: [], foreign: undefined });
});

test.for<[what: string, fragment: string, foreign: boolean]>([
  ["made from no file", "", false],
  ["read from a file of its own name", "run/web@1.service", false],
  ["read from a template of fleet's", "fleet/web@.service", false],
  ["read from a link to a template of fleet's", "run/web@.service", false],
  ["read from the machine's template", "lib/web@.service", true],
])("a unit %s: foreign is %o", async ([, fragment, isForeign]) => {
  await symlink(join(root, "fleet/web@.service"), join(root, "run/web@.service"));
  const path = fragment === "" ? "" : join(root, fragment);
  const unit = parseUnitName("web@1.service");
  const found = await foreignFragment(path, join(root, "fleet"), unit);
  expect(found).toBe(isForeign ? path : undefined);
});

async function find(): Promise<FoundFiles | undefined> {
  const searchPath = ["etc", "run", "lib"].map((directory) => join(root, directory));
  return (await findUnitFiles(searchPath, join(root, "fleet"), [WEB])).get(WEB);
}
