import { parseUnitFile } from "@fleet/core";
import { expect, test } from "vitest";

import { mistakeLine } from "./mistake-line.ts";

test.for<[text: string, line: number]>([
  ["[Service", 1],
  ["# a\n\n[Service\nExecStart=/bin/true\n", 3],
  ["[Service] x\nA=1\n", 1],
  ["[Service]\nA=1\n\nExecStart /bin/true\nB=2\nC\n", 4],
  ["[Service]\nA=1\nB", 3],
  [`[Service]\nA=1\nB=${"x".repeat(3000)}\nC=3\n`, 3],
  [`[S]\n${"A=1\n".repeat(1000)}B\n${"C\n".repeat(1000)}`, 1002],
])("%j: line %i", ([text, line]) => {
  const file = Buffer.from(text);
  let mistake = "none";
  try {
    parseUnitFile(file);
  } catch (error) {
    mistake = (error as Error).message;
  }
  expect(mistakeLine(file, mistake)).toBe(line);
});
