import * as fc from "fast-check";
import { expect, test } from "vitest";
import { globMatches } from "../glob.ts";

import { NO_REQUIREMENTS } from "../unit/requirements.ts";
import type { UnitName } from "../unit/unit-name.ts";
import { candidateOf, type Candidate } from "./candidate.ts";
import { UnitIndex } from "./unit-index.ts";

const NAMES = ["a.service", "ab.service", "b@1.service", "b@2.service", "c.socket"];
const PATTERNS = [
  ...NAMES,
  "*",
  "a*",
  "*.socket",
  "b@?.service",
  "[",
  "a*b*",
  "a**",
  "*\\.socket",
  "c.socket*c",
];

interface Declared {
  readonly name: string;
  readonly conflicts: readonly string[];
  readonly replaces: readonly string[];
}

const declared: fc.Arbitrary<Declared> = fc.record({
  name: fc.constantFrom(...NAMES),
  conflicts: fc.array(fc.constantFrom(...PATTERNS), { maxLength: 3 }),
  replaces: fc.array(fc.constantFrom(...PATTERNS), { maxLength: 3 }),
});

function candidate({ name, conflicts, replaces }: Declared): Candidate {
  return candidateOf(name as UnitName, { ...NO_REQUIREMENTS, conflicts, replaces });
}

test("the index finds what comparing every pattern with every name finds", () => {
  fc.assert(
    fc.property(
      fc.array(declared),
      fc.array(fc.constantFrom(...NAMES)),
      declared,
      (added, removed, asking) => {
        const index = new UnitIndex();
        const there = new Map<string, Declared>();
        for (const unit of added) {
          index.add(candidate(unit));
          there.set(unit.name, unit);
        }
        for (const name of removed) {
          index.remove(name as UnitName);
          there.delete(name);
        }
        const others = [...there.values()].filter(({ name }) => name !== asking.name);
        const matching = (patterns: readonly string[], name: string): readonly string[] =>
          [...new Set(patterns)].filter((pattern) => globMatches(pattern, name));
        const found = index.conflictsOf(candidate(asking));
        expect(found.map((match) => Object.values(match).join(" ")).toSorted()).toEqual(
          others
            .flatMap((other) => [
              ...matching(asking.conflicts, other.name).map((p) => `${other.name} ${p} unit`),
              ...matching(other.conflicts, asking.name).map((p) => `${other.name} ${p} other`),
            ])
            .toSorted(),
        );
        expect(index.hasConflict(candidate(asking))).toBe(found.length > 0);
        expect(new Set(index.replacersOf(candidate(asking)).map((match) => match.with))).toEqual(
          new Set(
            others.filter((o) => matching(o.replaces, asking.name).length > 0).map((o) => o.name),
          ),
        );
        expect(new Set(index.replacedBy(candidate(asking)).map((match) => match.with))).toEqual(
          new Set(
            others.filter((o) => matching(asking.replaces, o.name).length > 0).map((o) => o.name),
          ),
        );
      },
    ),
    { numRuns: 2_000 },
  );
});
