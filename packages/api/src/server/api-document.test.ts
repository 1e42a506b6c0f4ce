import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { expect, test } from "vitest";

import { OPERATIONS } from "./operations.ts";

const DOCUMENT = readFileSync(resolve(import.meta.dirname, "../../../../docs/api-v1.md"), "utf8");

test("docs/api-v1.md lists the paths and methods that are served", () => {
  const methods = new Map<string, string[]>();
  for (const { method, path } of Object.values(OPERATIONS)) {
    const full = `/fleet/v1${path}`;
    methods.set(full, [...(methods.get(full) ?? []), method]);
  }
  const rows = [...methods].map(([path, list]) => `| \`${path}\` | ${list.join(", ")} |`);
  const listed = DOCUMENT.split("\n").filter((line) => /^\| `\/\S+` \| [A-Z, ]+ \|$/.test(line));
  expect(listed).toEqual(rows);
});

test("docs/api-v1.md explains every status that an operation answers when it does not succeed", () => {
  const answered = Object.values(OPERATIONS).flatMap(({ answers }) => Object.keys(answers));
  const failures = answered.filter((status) => Number(status) >= 300);
  const explained = [...DOCUMENT.matchAll(/^\| (?<status>\d{3}) \|/gm)].map(([, status]) => status);
  expect(explained).toEqual(expect.arrayContaining([...new Set(failures)]));
});
