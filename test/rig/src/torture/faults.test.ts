import { expect, test } from "vitest";

import { SeededRandom } from "../seeded-random.ts";
import { drawFault } from "./faults.ts";

const COUNT = 500;

function historyOf(seed: number): readonly string[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: COUNT }, () => drawFault(random, 3).what);
}

test("the same seed draws the same faults, another one others", () => {
  expect(historyOf(1)).toEqual(historyOf(1));
  expect(historyOf(1)).not.toEqual(historyOf(2));
});

test("every machine and every member has its turn", () => {
  const history = historyOf(1).join("\n");
  for (const victim of ["m1", "m2", "m3", "member 1", "member 2", "member 3"]) {
    expect(history).toContain(victim);
  }
});
