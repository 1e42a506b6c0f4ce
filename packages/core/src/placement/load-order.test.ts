import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { MachineId } from "../machine.ts";
import { LoadOrder } from "./load-order.ts";

const machine = fc.record({
  id: fc.constantFrom(..."abcdefgh".split("")),
  size: fc.nat({ max: 4 }),
});

test("machines come by number of units, then by ID, however they got there", () => {
  fc.assert(
    fc.property(fc.array(machine), (moves) => {
      const order = new LoadOrder();
      const sizes = new Map<string, number>();
      for (const { id, size } of moves) {
        const before = sizes.get(id);
        if (before !== undefined) order.remove(id as MachineId, before);
        order.add(id as MachineId, size);
        sizes.set(id, size);
      }
      const expected = [...sizes]
        .toSorted(([a, loadA], [b, loadB]) => loadA - loadB || (a < b ? -1 : 1))
        .map(([id]) => id);
      const asked: string[] = [];
      expect(order.first((id) => asked.push(id) === 0)).toBeUndefined();
      expect(asked).toEqual(expected);
    }),
  );
});

test("the first machine that accepts is the answer", () => {
  const order = new LoadOrder();
  for (const [id, size] of [
    ["a", 2],
    ["b", 1],
    ["c", 1],
  ] as const)
    order.add(id as MachineId, size);
  expect(order.first((id) => id !== "b")).toBe("c");
});
