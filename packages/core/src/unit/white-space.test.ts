import { expect, test } from "vitest";

import { trimSpace, wordsOf } from "./white-space.ts";

/** Unicode's White_Space property, character by character. */
const SPACES =
  "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000";

test("every white space is trimmed and parts words", () => {
  expect(trimSpace(`${SPACES}a${SPACES}`)).toBe("a");
  expect(wordsOf(`${SPACES}a${SPACES}b${SPACES}`)).toEqual(["a", "b"]);
});

test.for(["\uFEFF", "\u200b", "\u180e", "\0", "\u001c", "\u007f", "a", "é"])(
  "%j is no white space",
  (character) => {
    expect(trimSpace(` ${character} `)).toBe(character);
    expect(wordsOf(`x${character}y`)).toEqual([`x${character}y`]);
  },
);

test("a blank text is trimmed to nothing and has no words", () => {
  expect([trimSpace(SPACES), wordsOf(SPACES), trimSpace(""), wordsOf("")]).toEqual([
    "",
    [],
    "",
    [],
  ]);
});
