import { expect, test } from "vitest";

import { Deferred } from "./deferred.ts";
import { Turns } from "./turns.ts";

const { signal } = new AbortController();

test("one works at a time, in the order of asking, whatever becomes of the others", async () => {
  const turns = new Turns();
  const [first, second] = [new Deferred<void>(), new Deferred<void>()];
  const begun: string[] = [];
  const one = turns.take(async () => {
    begun.push("one");
    await first.promise;
    throw new Error("one failed");
  }, signal);
  const two = turns.take(async () => {
    begun.push("two");
    await second.promise;
    return 2;
  }, signal);
  await Promise.resolve();
  expect(begun).toEqual(["one"]);
  first.resolve();
  await expect(one).rejects.toThrow("one failed");
  second.resolve();
  expect(await two).toBe(2);
  expect(begun).toEqual(["one", "two"]);
});

test("who gives up while waiting never begins, and does not hold up the next", async () => {
  const turns = new Turns();
  const first = new Deferred<void>();
  const one = turns.take(async () => first.promise, signal);
  const gaveUp = new AbortController();
  let hasBegun = false;
  const two = turns.take(async () => {
    hasBegun = true;
  }, gaveUp.signal);
  gaveUp.abort(new Error("no patience"));
  await expect(two).rejects.toThrow("no patience");
  first.resolve();
  await one;
  expect(await turns.take(async () => "three", signal)).toBe("three");
  expect(hasBegun).toBe(false);
});
