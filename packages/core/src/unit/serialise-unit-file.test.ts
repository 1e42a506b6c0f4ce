import { describe, expect, test } from "vitest";

import { parseUnitFile } from "./parse-unit-file.ts";
import { normaliseUnitFile, serialiseUnitFile } from "./serialise-unit-file.ts";
import type { UnitFile } from "./unit-file.ts";

type Triple = readonly [section: string, name: string, value: string];

function fileOf(triples: readonly Triple[]): UnitFile {
  return triples.map(([section, name, value]) => ({ section, name, value }));
}

describe("the canonical text", () => {
  test.for<readonly [promise: string, file: readonly Triple[], text: string]>([
    ["of no options is empty", [], ""],
    ["has no blanks round the equals sign", [["S", "A", "b"]], "[S]\nA=b\n"],
    [
      "has one empty line between sections and none at the end",
      [
        ["B", "X", "1"],
        ["A", "Y", "2"],
      ],
      "[B]\nX=1\n\n[A]\nY=2\n",
    ],
    [
      "merges a repeated section into its first appearance",
      [
        ["A", "X", "1"],
        ["B", "Y", "2"],
        ["A", "X", "3"],
      ],
      "[A]\nX=1\nX=3\n\n[B]\nY=2\n",
    ],
    ["keeps continued values as they are", [["A", "X", "a \\\n  b"]], "[A]\nX=a \\\n  b\n"],
    ["keeps empty names and values", [["", "", ""]], "[]\n=\n"],
  ])("%s", ([, file, text]) => {
    expect(serialiseUnitFile(fileOf(file))).toBe(text);
  });
});

describe("normalising", () => {
  test.for<readonly [promise: string, file: readonly Triple[], read: readonly Triple[]]>([
    [
      "brings each section's options together",
      [
        ["A", "X", "1"],
        ["B", "Y", "2"],
        ["A", "Z", "3"],
      ],
      [
        ["A", "X", "1"],
        ["A", "Z", "3"],
        ["B", "Y", "2"],
      ],
    ],
    ["trims names and values", [["A", " X ", "  a b "]], [["A", "X", "a b"]]],
    [
      "reads options out of a value with line breaks",
      [["A", "X", "a\nY=b\n[B]\nZ=c"]],
      [
        ["A", "X", "a"],
        ["A", "Y", "b"],
        ["B", "Z", "c"],
      ],
    ],
    [
      "brings a section together that a line break opens once more",
      [
        ["A", "X", "a\n[B]\nY=b"],
        ["C", "Z", "c"],
        ["B", "V", "d"],
      ],
      [
        ["A", "X", "a"],
        ["B", "Y", "b"],
        ["B", "V", "d"],
        ["C", "Z", "c"],
      ],
    ],
    ["splits a name at its equals sign", [["A", "X=y", "z"]], [["A", "X", "y=z"]]],
    ["drops what has become a comment", [["A", "#X", "1"]], []],
    [
      "lets a value that ends in a backslash take the next option along",
      [
        ["A", "X", "a \\"],
        ["A", "Y", "1"],
      ],
      [["A", "X", "a \\\nY=1"]],
    ],
    [
      "gives such a value a line feed when it is the last",
      [["A", "X", "\\"]],
      [["A", "X", "\\\n"]],
    ],
    [
      "also when another section follows",
      [
        ["A", "X", "a \\"],
        ["B", "Y", "1"],
      ],
      [
        ["A", "X", "a \\\n"],
        ["B", "Y", "1"],
      ],
    ],
    [
      "keeps a backslash with a blank",
      [
        ["A", "X", "a \\ "],
        ["A", "Y", "1"],
      ],
      [
        ["A", "X", "a \\ "],
        ["A", "Y", "1"],
      ],
    ],
    ["replaces half a surrogate pair", [["A", "X", "a\udc00"]], [["A", "X", "a\uFFFD"]]],
  ])("%s", ([, file, read]) => {
    expect(normaliseUnitFile(fileOf(file))).toEqual(fileOf(read));
  });

  test.for<readonly [mistake: string, triple: Triple, message: string]>([
    ["a bracket in a section", ["A]", "X", "1"], "found garbage after section name : [93]"],
    [
      "a value with a bare second line",
      ["A", "X", "1\nb"],
      "unexpected newline encountered while parsing option name",
    ],
    [
      "a line break in a name",
      ["A", "X\n", "1"],
      "unexpected newline encountered while parsing option name",
    ],
    ["a long value", ["A", "X", "x".repeat(2046)], "line too long (max 2048 bytes)"],
  ])("refuses %s", ([, triple, message]) => {
    expect(() => normaliseUnitFile(fileOf([triple]))).toThrow(message);
  });

  test("leaves alone what was read from a file, but for a bare backslash at its end", () => {
    const file = parseUnitFile("[A]\nX=a \\\n\nY=b \\ \nZ=c \\\n  d\n[B]\nX=\\\n");

    expect(normaliseUnitFile(file)).toEqual(file);
  });
});
