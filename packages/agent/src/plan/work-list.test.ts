import { parseUnitName, silentLogger, type UnitHash } from "@fleet/core";
import type { ScheduleEntry } from "@fleet/registry";
import { beforeEach, expect, test } from "vitest";
import { WorkList } from "./work-list.ts";

const A = parseUnitName("a.service");
const B = parseUnitName("b.service");
const hash = "0".repeat(40) as UnitHash;
const loaded = (unit: ScheduleEntry["unit"]): ScheduleEntry => ({
  unit,
  hash,
  targetState: "loaded",
});
const launched = (unit: ScheduleEntry["unit"]): ScheduleEntry => ({
  unit,
  hash,
  targetState: "launched",
});
const broken = (unit: ScheduleEntry["unit"]) => ({
  key: `schedule/x/${unit}`,
  unit,
  problem: "no",
});

let told: string[] = [];
let list = new WorkList({ onChange: () => {}, onFresh: () => {} }, silentLogger);

beforeEach(() => {
  told = [];
  const events = {
    onChange: (units: readonly string[]) => void (units.length > 0 && told.push(units.join(" "))),
    onFresh: () => void told.push("fresh"),
  };
  list = new WorkList(events, silentLogger);
});

test("is not fresh before its first snapshot, whatever it is told", () => {
  const view = list.newView();
  view.live(true);
  expect(list.fresh).toBe(false);
  view.snapshot([loaded(A)], []);
  expect(list.fresh).toBe(true);
  expect(told).toEqual(["a.service", "fresh"]);
});

test("is not fresh while the store is away, and keeps what it knows", () => {
  const view = list.newView();
  view.snapshot([loaded(A)], []);
  view.live(false);
  expect(list.fresh).toBe(false);
  expect(list.wish(A)).toEqual(loaded(A));
  view.live(true);
  expect(list.fresh).toBe(true);
  expect(told).toEqual(["a.service", "fresh", "fresh"]);
});

test("starts over with a new view and does not hear the old one any more", () => {
  const old = list.newView();
  old.snapshot([loaded(A)], []);
  list.newView();
  old.live(true);
  old.changes([{ unit: A, entry: undefined }]);
  expect(list.fresh).toBe(false);
  expect(list.wish(A)).toEqual(loaded(A));
});

test("tells of changed wishes only", () => {
  const view = list.newView();
  view.snapshot([loaded(A), loaded(B)], []);
  told = [];
  view.changes([
    { unit: A, entry: loaded(A) },
    { unit: B, entry: launched(B) },
  ]);
  view.changes([{ unit: A, entry: undefined }]);
  expect(told).toEqual(["b.service", "a.service"]);
});

test("a snapshot drops what it does not name", () => {
  list.newView().snapshot([loaded(A), loaded(B)], []);
  list.newView().snapshot([loaded(B)], []);
  expect(list.wish(A)).toBeUndefined();
  expect(told).toEqual(["a.service b.service", "fresh", "a.service", "fresh"]);
});

test("an unreadable entry freezes its unit until it can be read or is gone", () => {
  const view = list.newView();
  view.snapshot([loaded(A), loaded(B)], []);
  view.changes([
    { unit: A, unreadable: broken(A) },
    { unit: B, unreadable: broken(B) },
  ]);
  expect([list.wish(A), list.wish(B)]).toEqual(["frozen", "frozen"]);
  view.changes([
    { unit: A, entry: launched(A) },
    { unit: B, entry: undefined },
  ]);
  expect([list.wish(A), list.wish(B)]).toEqual([launched(A), undefined]);
});

test("an unreadable entry of a snapshot freezes its unit; one without a unit freezes none", () => {
  const nameless = { key: "schedule/x/%", problem: "not a unit name" };
  list.newView().snapshot([loaded(B)], [broken(A), nameless]);
  expect([...list.units()].toSorted()).toEqual(["a.service", "b.service"]);
  expect([list.wish(A), list.wish(B)]).toEqual(["frozen", loaded(B)]);
});
