import type { MachineId } from "@fleet/core";
import { describe, expect, test } from "vitest";
import {
  FORGET_AFTER_MS,
  massLost,
  maybeMassLost,
  standingOf,
  type Absence,
  type MovePolicy,
} from "./absence.ts";

const POLICY: MovePolicy = {
  agentTtlMs: 10_000,
  moveAfterMs: 10_000,
  massLossShare: 0.5,
  notBeforeMs: 0,
  movesPerSecond: 100,
};
const LOSS: Absence = { sinceMs: 0, unreadable: false, isLoss: true };
const LEFT = { departedSinceMs: 0 };

describe("the standing of an absent machine", () => {
  test.for<readonly [string, Partial<Absence>, boolean, Partial<MovePolicy>, number, string]>([
    ["its units move at once: it has been silent for agent_ttl", {}, false, {}, 0, "gone"],
    ["they wait for move_after", {}, false, { moveAfterMs: 60_000 }, 49_999, "held"],
    ["and no longer", {}, false, { moveAfterMs: 60_000 }, 50_000, "gone"],
    ["a move_after below agent_ttl is over at once", {}, false, { moveAfterMs: 1 }, 0, "gone"],
    ["lost with many others, it is held", {}, true, {}, 60_000, "held"],
    ["who has just come itself waits", {}, false, { notBeforeMs: 5_000 }, 4_999, "held"],
    ["and then no longer", {}, false, { notBeforeMs: 5_000 }, 5_000, "gone"],
    ["after a mass loss it has time to return", { notBeforeMs: 5_000 }, false, {}, 4_999, "held"],
    ["and no more than that", { notBeforeMs: 5_000 }, false, {}, 5_000, "gone"],
    ["one that left is gone", LEFT, true, { moveAfterMs: 60_000 }, 0, "gone"],
    ["an unreadable one is held", { unreadable: true, ...LEFT }, false, {}, 0, "held"],
    ["for a week nothing of it is forgotten", LEFT, false, {}, FORGET_AFTER_MS - 1, "gone"],
    ["after a week it is", LEFT, false, {}, FORGET_AFTER_MS, "forgotten"],
    ["what is held is not forgotten", {}, true, {}, 2 * FORGET_AFTER_MS, "held"],
    ["nor what nobody has given up", {}, false, {}, 2 * FORGET_AFTER_MS, "gone"],
  ])("%s", ([, absence, isHeld, policy, nowMs, standing]) => {
    const at = { policy: { ...POLICY, ...policy }, nowMs };
    expect(standingOf({ ...LOSS, ...absence }, isHeld, at)).toBe(standing);
  });

  test.for<readonly [string, number, number, string]>([
    ["a unit that waits longer than others", 60_000, 49_999, "held"],
    ["and no longer than it says", 60_000, 50_000, "gone"],
    ["a unit that does not wait", 0, 0, "gone"],
  ])("%s", ([, moveAfterMs, nowMs, standing]) => {
    const at = { policy: { ...POLICY, moveAfterMs: 30_000 }, nowMs };
    expect(standingOf(LOSS, false, at, moveAfterMs)).toBe(standing);
  });
});

describe("machines lost together", () => {
  test.for<readonly [string, string, number, string]>([
    ["one of one is a loss, no mass loss", "a@0", 0, ""],
    ["one of two is not more than half", "a@0", 1, ""],
    ["two of three are", "a@0 b@9000", 1, "ab"],
    ["two of four are not", "a@0 b@0", 2, ""],
    ["two of three, but one after the other", "a@0 b@10001", 1, ""],
    ["a chain holds those that are together", "a@0 b@20000 c@25000 d@30000", 2, "bcd"],
    ["those who left are not lost", "a@0 b@0:departed", 1, ""],
    ["nor those whose record cannot be read", "a@0 b@0:unreadable", 1, ""],
    ["nor those that nobody has seen", "a@0 b@0:unseen", 1, ""],
    ["all of two", "a@0 b@0", 0, "ab"],
  ])("%s", ([, text, presentCount, lost]) => {
    expect([...massLost(absencesOf(text), presentCount, POLICY)].join("")).toBe(lost);
  });
});

describe("machines that may have been lost together", () => {
  test.for<readonly [string, string, string, number, string]>([
    ["one of three, nobody else is silent", "a@0", "", 2, ""],
    ["one of three, and another may be silent", "a@0", "b@3000", 2, "ab"],
    ["one of three, the other falls silent much later", "a@0", "b@10001", 2, ""],
    ["one of four, and another may be silent", "a@0", "b@3000", 3, ""],
    ["one of five, then one, and a third may be silent", "a@0 b@3000", "c@6000", 3, "abc"],
    ["one of five, then one, and a third much later", "a@0 b@3000", "c@11000", 3, ""],
    ["one that left, and another may be silent", "a@0:departed", "b@3000", 2, ""],
  ])("%s", ([, absent, suspected, presentCount, lost]) => {
    const absences = suspected === "" ? new Map() : absencesOf(suspected);
    const suspects = new Map([...absences].map(([id, { sinceMs }]) => [id, sinceMs]));
    const maybe = maybeMassLost(absencesOf(absent), suspects, presentCount, POLICY);
    expect([...maybe].join("")).toBe(lost);
  });
});

function absencesOf(text: string): ReadonlyMap<MachineId, Absence> {
  return new Map(
    text.split(" ").map((word) => {
      const [id = "", since = "", mark] = word.split(/[@:]/);
      const absence = {
        sinceMs: Number(since),
        ...(mark === "departed" ? LEFT : {}),
        unreadable: mark === "unreadable",
        isLoss: mark !== "unseen",
      };
      return [id as MachineId, absence];
    }),
  );
}
