import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { findConfig } from "./find-config.ts";

const directory = mkdtempSync(join(tmpdir(), "fleet-config-"));
afterAll(() => rmSync(directory, { recursive: true }));
const at = (name: string): string => join(directory, name);

test("a named file is read, and its path is kept for a reload", () => {
  writeFileSync(at("fleet.conf"), "token_limit=7\n");
  const path = at("fleet.conf");
  expect(findConfig(path)).toMatchObject({
    path,
    origin: `Using provided config file ${path}`,
    given: [{ key: "token_limit", text: "7", place: `${path}:1` }],
  });
});

test("a file that cannot be used is refused in one line that names it", () => {
  symlinkSync("loop", at("loop"));
  const missing = at("missing");
  expect(() => findConfig(missing)).toThrow(
    `Unable to use config file ${missing}: stat ${missing}: no such file or directory`,
  );
  expect(() => findConfig(directory)).toThrow(
    `Provided config ${directory} is a directory, not a file`,
  );
  expect(() => findConfig(at("loop"))).toThrow(/^Unable to use config file .*loop: ELOOP: [^\n]*$/);
});
