import { expect, test } from "vitest";

import type { MachineId } from "../machine.ts";
import { parseUnitName } from "../unit/unit-name.ts";
import type { Refusal } from "./refusal.ts";
import { summariseRefusals } from "./waiting.ts";

const WEB = parseUnitName("web.service");
const NO_SSD: Refusal = { rule: "metadata", key: "disk", wanted: ["ssd"], found: undefined };

function summaryOf(refusals: Readonly<Record<string, Refusal>>) {
  return summariseRefusals(new Map(Object.entries(refusals) as [MachineId, Refusal][]));
}

test("machines that say the same are counted, and three of them named", () => {
  expect(summaryOf({ d: NO_SSD, b: NO_SSD, c: NO_SSD, a: NO_SSD })).toEqual({
    machines: 4,
    reasons: [
      {
        rule: "metadata",
        reason: "metadata disk=ssd is required",
        count: 4,
        machines: ["a", "b", "c"],
      },
    ],
  });
});

test("a machine's own ID does not part it from the others", () => {
  const other = (machine: string): Refusal => ({
    rule: "machine-id",
    machine: machine as MachineId,
    wanted: "f00",
  });
  const { reasons } = summaryOf({ a: other("a"), b: other("b") });
  expect(reasons).toHaveLength(1);
  expect(reasons[0]).toMatchObject({ reason: "MachineID=f00 is another machine", count: 2 });
});

test("the most frequent reason comes first, and eight are enough", () => {
  const refusals: Record<string, Refusal> = { x: NO_SSD, y: NO_SSD };
  for (let n = 0; n < 10; n += 1) {
    refusals[`m${n}`] = { rule: "metadata", key: "rack", wanted: ["9"], found: `${n}` };
  }
  const { machines, reasons } = summaryOf(refusals);
  expect(machines).toBe(12);
  expect(reasons).toHaveLength(8);
  expect(reasons.slice(0, 2).map(({ reason }) => reason)).toEqual([
    "metadata disk=ssd is required",
    "metadata rack=9 is required, the machine has 0",
  ]);
});

test("where nobody was asked nobody has a reason", () => {
  expect(summaryOf({})).toEqual({ machines: 0, reasons: [] });
});

const CONFLICT = { rule: "conflict", with: WEB, pattern: "web*" } as const;

test.for<readonly [Refusal, string]>([
  [{ rule: "peer", missing: "db.service" }, "db.service, which it must run beside, is not there"],
  [{ ...CONFLICT, declaredBy: "unit" }, "it conflicts with web.service"],
  [{ ...CONFLICT, declaredBy: "other" }, "web.service conflicts with it"],
  [
    { rule: "replaces", with: WEB, pattern: "web*", why: "replaced" },
    "found replace with locally-scheduled Unit(web.service)",
  ],
])("%o is put in words", ([refusal, words]) => {
  expect(summaryOf({ a: refusal }).reasons[0]?.reason).toBe(words);
});
