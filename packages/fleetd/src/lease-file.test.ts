import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@fleet/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LeaseFile } from "./lease-file.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleet-lease-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const opened = (bootId = "boot-1", log = silentLogger) =>
  LeaseFile.open({ directory, bootId, log });

test("what was noted last is known to the next process of the same boot", async () => {
  const file = await opened();
  expect(file.heldUntilMs).toBeUndefined();
  for (let ms = 1_000.7; ms < 1_100; ms += 1) file.note(ms);
  await file.close();
  expect((await opened()).heldUntilMs).toBe(1_099);
  expect((await opened("boot-2")).heldUntilMs).toBeUndefined();
  expect(readdirSync(directory)).toEqual([".lease"]);
});

test("it moves along with the units, also while it is being written", async () => {
  const next = mkdtempSync(join(tmpdir(), "fleet-lease-"));
  const file = await opened();
  file.note(1_000);
  file.moved(next);
  await file.close();
  const moved = await LeaseFile.open({ directory: next, bootId: "boot-1", log: silentLogger });
  expect(moved.heldUntilMs).toBe(1_000);
  file.note(2_000);
  await file.close();
  expect(readdirSync(next)).toEqual([".lease"]);
  expect((await opened()).heldUntilMs).toBe(1_000);
  rmSync(next, { recursive: true });
});

test.for(["", "boot-1", "boot-1 soon", "boot-1 -5", "5"])(
  "a file with %j in it is as good as none",
  async (text) => {
    writeFileSync(join(directory, ".lease"), text);
    expect((await opened()).heldUntilMs).toBeUndefined();
  },
);

test("a directory that cannot be written is said once", async () => {
  const lines: string[] = [];
  const warn = (_: object, line: string): void => void lines.push(line);
  const file = await opened("boot-1", { ...silentLogger, warn });
  rmSync(directory, { recursive: true });
  file.note(1);
  await file.close();
  file.note(2);
  await file.close();
  writeFileSync(directory, "");
  expect(lines).toEqual([
    "Until when the lease holds could not be noted: units with OnIsolation=stop may stop at a restart",
  ]);
});
