import * as fc from "fast-check";
import { expect, test } from "vitest";

import { compareBytes, positionOf } from "./byte-order.ts";

test("texts compare as their UTF-8 bytes do", () => {
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(text, text, (left, right) => {
      const bytes = Buffer.compare(Buffer.from(left), Buffer.from(right));
      expect(Math.sign(compareBytes(left, right))).toBe(bytes);
    }),
  );
});

test("a key's place is before the first that is not smaller", () => {
  const sorted = ["a", "c", "e"];
  expect(["", "a", "b", "c", "e", "f"].map((key) => positionOf(sorted, key))).toEqual([
    0, 0, 1, 1, 2, 3,
  ]);
});
