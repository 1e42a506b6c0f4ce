import * as fc from "fast-check";
import { expect, test } from "vitest";

import { UnitFileError } from "../errors.ts";
import { parseUnitFile } from "./parse-unit-file.ts";
import { normaliseUnitFile, serialiseUnitFile } from "./serialise-unit-file.ts";
import { unitHash } from "./unit-hash.ts";
import type { UnitFile } from "./unit-file.ts";

/** Text made mostly of what the parser looks at, so that its corners are met often. */
const corner = fc.constantFrom(
  ...Array.from('\\\\\n\r=[]#; \t\u00a0\u0085\uFEFFaX"%é\ud83d'),
  "🚀",
  "\\\n",
  "\\ ",
  "\r\n",
);
const text = fc.array(corner, { maxLength: 8 }).map((parts) => parts.join(""));
const short = fc.array(corner, { maxLength: 3 }).map((parts) => parts.join(""));
/** Text about as long as a line may be. */
const long = fc
  .tuple(fc.integer({ min: 2030, max: 2047 }), text)
  .map(([bytes, end]) => "x".repeat(bytes) + end);
const name = fc.oneof(fc.constantFrom("A", "B", "X"), short);
const file: fc.Arbitrary<UnitFile> = fc.array(
  fc.record({
    section: name,
    name,
    value: fc.oneof(text, fc.string(), long),
  }),
  { maxLength: 6 },
);

/** What `read` gives, or undefined when it refuses its input. */
function unlessRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnitFileError) return undefined;
    throw error;
  }
}

test("a normalised file is what is read back, and its hash stays", () => {
  fc.assert(
    fc.property(file, (given) => {
      const once = unlessRefused(() => normaliseUnitFile(given));
      fc.pre(once !== undefined);
      const twice = parseUnitFile(serialiseUnitFile(once));

      expect(twice).toEqual(once);
      expect(unitHash(twice)).toBe(unitHash(once));
    }),
    { numRuns: 5000 },
  );
});

test("a file that was read can be written, read again and stays so", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 20, arbitrary: corner }, long), { maxLength: 60 }),
      (parts) => {
        const read = unlessRefused(() => parseUnitFile(`[A]\n${parts.join("")}`));
        fc.pre(read !== undefined);
        const once = normaliseUnitFile(read);

        expect(normaliseUnitFile(once)).toEqual(once);
      },
    ),
    { numRuns: 5000 },
  );
});

test("bytes are either read or refused with a reason", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const read = unlessRefused(() => parseUnitFile(bytes));

      expect(read === undefined || Array.isArray(read)).toBe(true);
    }),
  );
});
