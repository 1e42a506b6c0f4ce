import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { instanceToken } from "./instance.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleet-instance-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const bootId = (): string => join(directory, "boot_id");
const units = (): string => join(directory, "a/units");

test("a token lasts for a boot, and for no longer", async () => {
  writeFileSync(bootId(), "boot-1\n");
  const token = await instanceToken(units(), bootId());
  expect(await instanceToken(units(), bootId())).toBe(token);
  writeFileSync(bootId(), "boot-2\n");
  const afterReboot = await instanceToken(units(), bootId());
  expect(afterReboot).not.toBe(token);
  expect(await instanceToken(units(), bootId())).toBe(afterReboot);
});

test("two machines have two tokens, also in one boot", async () => {
  const here = await instanceToken(units());
  expect(await instanceToken(join(directory, "b"))).not.toBe(here);
});

test("a file that is empty is written anew, for nobody else to read, and nothing is left beside it", async () => {
  const path = join(directory, ".instance");
  writeFileSync(path, "\n");
  const token = await instanceToken(directory);
  expect(readFileSync(path, "utf8")).toBe(`${token}\n`);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory)).toEqual([".instance"]);
});
