import * as fc from "fast-check";
import { expect, test } from "vitest";

import { compareBytes, positionOf } from "./byte-order.ts";

test("texts compare as their UTF-8 bytes do", () => {
  // The edges of what UTF-8 and UTF-16 write in one, two, three and four units.
  const edges = ["a", "\u{7f}", "\u{80}", "\u{7ff}", "\u{800}", "\u{d7ff}", "\u{e000}", "\u{ffff}"];
  const unit = fc.constantFrom(...edges, "\u{10000}", "\u{10ffff}");
  const text = fc.string({ unit, maxLength: 4 });
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
