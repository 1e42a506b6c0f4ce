import { expect, test } from "vitest";

import type { ApiWaiting } from "../client/fleet-api.ts";
import type { Context } from "../context.ts";
import { PlacementReasons } from "./placement-reasons.ts";

const UNEXPLAINED = "no machine has been chosen for it yet";
const EXPLAINED = "no machine is present";
const NOBODY: ApiWaiting = { machines: 0, reasons: [] };

/** The reasons of an API that answers so, and the names that it was asked for. */
function reasonsOf(answer: () => Promise<ApiWaiting | undefined>): {
  readonly reasons: PlacementReasons;
  readonly asked: readonly string[];
} {
  const asked: string[] = [];
  const waiting = async (name: string): Promise<ApiWaiting | undefined> => {
    asked.push(name);
    return answer();
  };
  const { signal } = new AbortController();
  const heldMoves = async (): Promise<readonly string[]> => [];
  const context = { client: () => ({ waiting, heldMoves }), signal } as unknown as Context;
  return { reasons: new PlacementReasons(context), asked };
}

test("the API is asked after half a second, and once a second from then on", async () => {
  const { reasons, asked } = reasonsOf(async () => NOBODY);
  const seen: string[] = [];
  for (const atMs of [0, 499, 500, 1499, 1500]) seen.push(await reasons.of("a", atMs));
  expect(seen).toEqual([UNEXPLAINED, UNEXPLAINED, EXPLAINED, EXPLAINED, EXPLAINED]);
  expect(asked).toHaveLength(2);
});

test("of many units only eight are asked about", async () => {
  const { reasons, asked } = reasonsOf(async () => NOBODY);
  const names = Array.from({ length: 20 }, (_, index) => `unit-${index}`);
  for (const atMs of [0, 1000]) for (const name of names) await reasons.of(name, atMs);
  expect(asked).toEqual(names.slice(0, 8));
  expect(await reasons.of("unit-8", 1000)).toBe(UNEXPLAINED);
});

test("a unit that is waited for no longer gives its place to the next", async () => {
  const { reasons, asked } = reasonsOf(async () => NOBODY);
  const names = Array.from({ length: 9 }, (_, index) => `unit-${index}`);
  const [first = "", ...others] = names;
  for (const name of names) await reasons.of(name, 0);
  for (const atMs of [100, 200, 700]) for (const name of others) await reasons.of(name, atMs);
  expect(asked).toEqual(others);
  expect(await reasons.of(first, 700)).toBe(UNEXPLAINED);
});

test.for<[string, () => Promise<ApiWaiting | undefined>]>([
  ["does not know", async () => undefined],
  ["fails", () => Promise.reject(new Error("EOF"))],
])("an API that %s explains nothing and ends nothing", async ([, answer]) => {
  const { reasons } = reasonsOf(answer);
  await reasons.of("a", 0);
  expect(await reasons.of("a", 500)).toBe(UNEXPLAINED);
});
