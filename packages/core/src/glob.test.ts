import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { compileGlob, globMatches } from "./glob.ts";

type Row = readonly [pattern: string, name: string, answer: 1 | 0 | -1];

/** Recorded from Go's `path.Match`: 1 is a match, 0 is none, -1 is a malformed pattern. */
const RECORDED = JSON.parse(
  readFileSync(new URL("../testing/path-match.json", import.meta.url), "utf8"),
) as readonly Row[];

test(`all ${RECORDED.length} recorded answers of Go's path.Match are given`, () => {
  const wrong = RECORDED.filter(([pattern, name, answer]) => {
    const glob = compileGlob(pattern);
    const given = glob === undefined ? -1 : Number(glob(name));
    return given !== answer || globMatches(pattern, name) !== (answer === 1);
  });

  expect(RECORDED).toHaveLength(6000);
  expect(wrong).toEqual([]);
});

describe("patterns", () => {
  test.for<readonly [pattern: string, name: string, matches: boolean]>([
    ["foo.*", "foo.socket", true],
    ["foo@*.service", "foo@.service", true],
    ["foo@?.service", "foo@12.service", false],
    ["[^a-c]x", "bx", false],
    ["[!a]x", "!x", true],
    ["foo", "foo.service", false],
    ["Foo*", "foo", false],
    ["a*b*c", "aXbYc", true],
    ["**", "a.b", true],
    ["{a,b}", "a", false],
    ["", "", true],
    ["", "a", false],
    ["*", "a/b", false],
    ["a?b", "a/b", false],
    [String.raw`foo\x2d.service`, String.raw`foo\x2d.service`, false],
    [String.raw`foo\\x2d.service`, String.raw`foo\x2d.service`, true],
    [String.raw`\*`, "*", true],
    ["?", "🚀", true],
    ["[🐀-🚀]", "🐻", true],
  ])("%j and %j: %j", ([pattern, name, matches]) => {
    expect(globMatches(pattern, name)).toBe(matches);
  });

  test.for(["[", "[]a]", "[a", "[^]", "[a-]", "[-a]", "a\\", "[a\\"])(
    "%j is malformed and matches nothing, not even itself",
    (pattern) => {
      expect(compileGlob(pattern)).toBeUndefined();
      expect(globMatches(pattern, pattern)).toBe(false);
    },
  );
});

test("a hostile pattern takes no more steps than its length times the name's", () => {
  const pattern = `${"*a".repeat(1000)}b`;

  expect(globMatches(pattern, "a".repeat(2000))).toBe(false);
});
