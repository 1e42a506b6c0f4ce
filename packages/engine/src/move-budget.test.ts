import { expect, test } from "vitest";
import { unitName } from "../testing/scenario.ts";
import { Dirty } from "./model/marks.ts";
import { MoveBudget } from "./move-budget.ts";
import type { Decision } from "./plan/decision.ts";

const UNITS = ["a", "b", "c", "d", "e"].map((name) => unitName(name));

test("of what was postponed only as much is looked at again as may move", () => {
  const budget = new MoveBudget({ movesPerSecond: 10 });
  budget.renew(0, new Dirty());
  budget.spend(Array.from({ length: 10 }, () => moved()));
  budget.spend(UNITS.map((unit) => ({ kind: "postpone", unit })));
  expect(markedAt(budget, 200)).toEqual(UNITS.slice(0, 2));
  budget.spend([moved(), moved()]);
  expect(markedAt(budget, 250)).toEqual([]);
  expect(markedAt(budget, 500)).toEqual(UNITS.slice(2));
  expect(budget.dueAtMs).toBe(Number.POSITIVE_INFINITY);
});

function markedAt(budget: MoveBudget, nowMs: number): readonly string[] {
  const dirty = new Dirty();
  budget.renew(nowMs, dirty);
  return [...dirty.entries.entries()].map(([name]) => name);
}

function moved(): Decision {
  return {
    kind: "unassign",
    unit: unitName("gone"),
    from: "m" as never,
    cause: { kind: "machine-gone" },
  };
}
