import { describe, expect, test } from "vitest";

import { UnitFileError } from "../errors.ts";
import { parseUnitFile } from "./parse-unit-file.ts";

const TOO_LONG = new UnitFileError("line too long (max 2048 bytes)");

/** Where a physical line of a given length can stand: the text around it, and what it starts with. */
const PLACES: readonly (readonly [place: string, before: string, start: string, after: string])[] =
  [
    ["junk on the first line", "", "junk", "\n[A]\nX=1\n"],
    ["junk on a later line", "x\n", "junk", "\n[A]\nX=1\n"],
    ["a comment before the first section", "", "# ", "\n[A]\nX=1\n"],
    ["an option", "[A]\n", "X=", "\nY=1\n"],
    ["an option with CRLF", "[A]\r\n", "X=", "\r\nY=1\r\n"],
    ["an option at the end of the file", "[A]\n", "X=", ""],
    ["an option far into the file", `[A]\n${"Y=1\n".repeat(1000)}`, "X=", "\n"],
    ["an option's name", "[A]\n", "X", "=1\n"],
    ["a continued line", "[A]\nX=a \\\n", "b", "\nY=1\n"],
    ["a comment", "[A]\n", "# ", "\nY=1\n"],
    ["a continued comment", "[A]\n# a \\\n", "b", "\nY=1\n"],
  ];

function fileWith([, before, start, after]: (typeof PLACES)[number], lengthBytes: number): string {
  const inLine = start + (after.startsWith("=") ? "=1" : "");
  return before + start + "x".repeat(lengthBytes - inLine.length) + after;
}

describe("2047 bytes are accepted", () => {
  test.for(PLACES)("%s", (place) => {
    expect(() => parseUnitFile(fileWith(place, 2047))).not.toThrow();
  });
});

describe("2048 bytes are refused", () => {
  test.for(PLACES)("%s", (place) => {
    expect(() => parseUnitFile(fileWith(place, 2048))).toThrow(TOO_LONG);
  });
});

test("bytes count, not characters", () => {
  expect(() => parseUnitFile(`[A]\nX=${"é".repeat(1022)}\n`)).not.toThrow();
  expect(() => parseUnitFile(`[A]\nX=${"é".repeat(1023)}\n`)).toThrow(TOO_LONG);
});

test("a long line that straddles a read buffer is refused like any other", () => {
  const text = `[A]\n${"Y=1\n".repeat(600)}X=${"x".repeat(3000)}\n`;

  expect(() => parseUnitFile(text)).toThrow(TOO_LONG);
});

test("a continued value may be long in all", () => {
  const text = `[A]\nX=${`${"x".repeat(2000)} \\\n`.repeat(50)}end\n`;

  expect(parseUnitFile(text)[0]?.value).toHaveLength(2003 * 50 + 3);
});

test("a lone carriage return counts like any other character", () => {
  expect(() => parseUnitFile(`[A]\nX=${"x".repeat(2044)}\r`)).not.toThrow();
  expect(() => parseUnitFile(`[A]\nX=${"x".repeat(2045)}\r`)).toThrow(TOO_LONG);
  expect(() => parseUnitFile(`[A]\nX=${"x".repeat(2000)}\r${"y".repeat(2000)}\n`)).toThrow(
    TOO_LONG,
  );
});

test("the first mistake of the file is the one that is told", () => {
  const long = `X=${"x".repeat(3000)}\n`;

  expect(() => parseUnitFile(`[A]\nbad\n${long}`)).toThrow(/unexpected newline/);
  expect(() => parseUnitFile(`[A]\n${long}bad\n`)).toThrow(TOO_LONG);
});
