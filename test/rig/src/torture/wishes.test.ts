import { beforeEach, expect, test } from "vitest";

import type { DesiredState } from "../fleet-api.ts";
import { Wishes } from "./wishes.ts";

let wishes: Wishes;
beforeEach(() => {
  wishes = new Wishes();
});

const actual = (units: Readonly<Record<string, DesiredState>>) => new Map(Object.entries(units));

test("what was acknowledged has to be there", () => {
  wishes.acknowledged("a.service", "launched");
  expect(wishes.wrongWith(actual({ "a.service": "launched" }))).toEqual([]);
  expect(wishes.wrongWith(actual({}))).toEqual(["a.service is absent and was wished launched"]);
});

test("what nobody wished is left over", () => {
  const wrong = ["a.service is loaded and was wished absent"];
  expect(wishes.wrongWith(actual({ "a.service": "loaded" }))).toEqual(wrong);
});

test("what was not answered may count or not, and nothing else may", () => {
  wishes.acknowledged("a.service", "launched");
  wishes.unanswered("a.service", "absent", 0);
  expect(wishes.of("a.service")).toBeUndefined();
  expect(wishes.wrongWith(actual({ "a.service": "launched" }))).toEqual([]);
  expect(wishes.wrongWith(actual({}))).toEqual([]);
  const wrong = ["a.service is loaded and was wished launched or absent"];
  expect(wishes.wrongWith(actual({ "a.service": "loaded" }))).toEqual(wrong);
});

test("a doubt ends when what is under way cannot arrive any more", () => {
  wishes.unanswered("a.service", "launched", 1_000);
  wishes.settle(actual({}), 30_999);
  expect(wishes.of("a.service")).toBeUndefined();
  wishes.settle(actual({ "a.service": "launched" }), 31_000);
  expect(wishes.of("a.service")).toBe("launched");
});
