import type { MachineId, UnitName } from "@fleet/core";
import { beforeEach, expect, test } from "vitest";
import { WatchedStates } from "./watched-states.ts";

const WATCHES_MAX = 1_000;
const FOLLOW_MS_MAX = 1_000;
const [A, B] = ["a", "b"] as [MachineId, MachineId];

let open = new Set<string>();
let over = new AbortController();
let states = following();

beforeEach(() => {
  open = new Set();
  over = new AbortController();
  states = following();
  return () => over.abort();
});

test("only so many states are followed at a time, and those that wait come in their turn", () => {
  const units = WATCHES_MAX / 2;
  for (let n = 0; n < units + 2; n += 1) states.follow(unit(n), [A, B]);
  expect(open.size).toBe(WATCHES_MAX);
  states.follow(unit(7), []);
  expect(open.size).toBe(WATCHES_MAX);
  expect(open).toContain(`${unit(units)} a`);
  expect(open).not.toContain(`${unit(units + 1)} a`);
  expect(open).not.toContain(`${unit(7)} a`);
});

test("those that wait have their turn although nothing changes", () => {
  for (let n = 0; n < WATCHES_MAX; n += 1) states.follow(unit(n), [A, B]);
  expect(open).toContain(`${unit(0)} a`);
  states.takeTurns();
  expect(open.size).toBe(WATCHES_MAX);
  expect(open).not.toContain(`${unit(0)} a`);
  expect(open).toContain(`${unit(WATCHES_MAX - 1)} b`);
  states.takeTurns();
  expect(open).toContain(`${unit(0)} a`);
});

test("a unit that moves on is followed there", () => {
  states.follow(unit(1), [A]);
  states.follow(unit(1), [B]);
  expect([...open]).toEqual([`${unit(1)} b`]);
});

test("what is not to be followed costs next to nothing, however many are", () => {
  for (let n = 0; n < 499; n += 1) states.follow(unit(n), [A, B]);
  const startedAtMs = performance.now();
  for (let n = 1_000; n < 21_000; n += 1) states.follow(unit(n), []);
  expect(performance.now() - startedAtMs).toBeLessThan(FOLLOW_MS_MAX);
});

function following(): WatchedStates {
  const watchState: ConstructorParameters<typeof WatchedStates>[0]["watchState"] = (
    owner,
    _onState,
    signal,
  ) => {
    const key = `${owner.unit} ${owner.machine}`;
    open.add(key);
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        open.delete(key);
        resolve();
      });
    });
  };
  return new WatchedStates({ watchState }, { news: () => {}, error: () => {} }, over.signal);
}

function unit(n: number): UnitName {
  return `u${n}.service` as UnitName;
}
