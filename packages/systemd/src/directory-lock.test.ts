import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";

import { lockDirectory } from "./directory-lock.ts";

test("a directory is locked once at a time, each by itself, however long its path", async () => {
  const path = `/nowhere/${randomUUID()}/${"long".repeat(100)}`;
  const lock = await lockDirectory(path);
  expect(lock).toBeDefined();
  expect(await lockDirectory(path)).toBeUndefined();
  const other = await lockDirectory(`${path}/other`);
  expect(other).toBeDefined();
  await lock?.release();
  const next = await lockDirectory(path);
  expect(next).toBeDefined();
  for (const held of [next, other]) await held?.release();
});
