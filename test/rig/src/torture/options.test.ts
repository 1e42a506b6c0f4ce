import { expect, test } from "vitest";

import { readOptions } from "./options.ts";

const anySeed = (): number => 42;

test("absent flags have their defaults, and a seed of chance", () => {
  expect(readOptions([], anySeed)).toEqual({ minutes: 10, seed: 42, machines: 3 });
});

test("every flag is read", () => {
  const args = ["--minutes", "0.5", "--seed=0", "--machines", "5"];
  expect(readOptions(args, anySeed)).toEqual({ minutes: 0.5, seed: 0, machines: 5 });
});

test.for<[args: readonly string[], message: string]>([
  [["--minutes", "soon"], '--minutes: "soon" is not above 0'],
  [["--seed", "1.5"], '--seed: "1.5" is not a whole number from 0 to 4294967295'],
  [["--machines", "2"], '--machines: "2" is not a whole number from 3 on'],
  [["--hours", "1"], "Unknown option '--hours'"],
])("%j is refused", ([args, message]) => {
  expect(() => readOptions(args, anySeed)).toThrow(message);
});
