import { describe, expect, test } from "vitest";

import { type KeyMeaning, Keys } from "./keys.ts";

const keys = new Keys("/_coreos.com/fleet/");
const HASH = "0123456789abcdef0123456789abcdef01234567";

test("a prefix without a slash at its end means the same", () => {
  expect(new Keys("/fleet").unit("a.service")).toBe(new Keys("/fleet/").unit("a.service"));
});

describe("keys mean what they were made for", () => {
  test.for<[key: string, meaning: object]>([
    [keys.unit("a@1.service"), { kind: "unit", unit: "a@1.service" }],
    [keys.unitFile(HASH), { kind: "unit-file", hash: HASH }],
    [keys.machine("m"), { kind: "machine", machine: "m" }],
    [keys.metadata("m", "a.b-c"), { kind: "metadata", machine: "m", name: "a.b-c" }],
    [keys.assignment("a.timer", "m"), { kind: "assignment", unit: "a.timer", machine: "m" }],
    [keys.schedule("m", "a.timer"), { kind: "schedule", unit: "a.timer", machine: "m" }],
  ])("%s", ([key, meaning]) => {
    expect(keys.meaningOf(key)).toEqual(meaning);
  });
});

describe("keys that this version does not know mean nothing", () => {
  test.for<[path: string, kind: KeyMeaning["kind"]]>([
    ["units/no-type", "malformed"],
    ["assignments/x/m", "malformed"],
    ["schedule/m/", "malformed"],
    ["schedule//web.service", "malformed"],
    ["assignments/web.service/", "malformed"],
    ["machines//object", "malformed"],
    ["units/a.service/more", "other"],
    ["unit-files/short", "other"],
    ["machines/m", "other"],
    ["machines/m/object/more", "other"],
    ["machines/m/metadata/", "other"],
    ["machines/m/metadata/a/b", "other"],
    ["states/m/a.service", "other"],
    ["lease/engine-leader", "other"],
    ["something/new", "other"],
  ])("%s is %s", ([path, kind]) => {
    expect(keys.meaningOf(keys.prefix + path).kind).toBe(kind);
  });
});

test("folders hold what is below them and nothing beside them", () => {
  const { start, end } = keys.under("schedule", "m1");
  const holds = (key: string): boolean => start <= key && key < end;
  const tried = ["m1", "m10", "m", "m2"].map((id) => holds(keys.schedule(id, "a.service")));
  expect(tried).toEqual([true, false, false, false]);
});

test("the engine's ranges hold what placement depends on, and no states", () => {
  const ranges = [keys.spanning("assignments", "machines"), keys.spanning("unit-files", "units")];
  const isFed = (key: string): boolean =>
    ranges.some(({ start, end }) => start <= key && key < end);
  const fed = [
    keys.assignment("a.service", "m"),
    keys.machine("m"),
    keys.metadata("m", "k"),
    keys.unitFile(HASH),
    keys.unit("a.service"),
  ];
  expect(fed.map(isFed)).toEqual(fed.map(() => true));
  const left = [keys.state("m", "a.service"), keys.schedule("m", "a.service")];
  expect(left.map(isFed)).toEqual([false, false]);
});
