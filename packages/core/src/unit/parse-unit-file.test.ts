import { describe, expect, test } from "vitest";

import { UnitFileError } from "../errors.ts";
import { parseUnitFile } from "./parse-unit-file.ts";

type Row = readonly [promise: string, text: string, options: readonly string[][]];

/** The options of a file as `[section, name, value]`, which is what the tables below spell out. */
function triplesOf(source: string | Uint8Array): readonly string[][] {
  return parseUnitFile(source).map(({ section, name, value }) => [section, name, value]);
}

/** One byte for each character, so that a row can spell out bytes that are no UTF-8. */
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function holds([, text, options]: Row): void {
  expect(triplesOf(text)).toEqual(options);
}

describe("before the first section", () => {
  test.for<Row>([
    ["an empty file has no options", "", []],
    ["a file without a bracket has no options", "Key=Value\njunk\n", []],
    ["options that stand in no section are thrown away", "A=1\n[S]\nB=2\n", [["S", "B", "2"]]],
    ["junk before a section on its line is tolerated", "x [Unit]\nA=b", [["Unit", "A", "b"]]],
    ["indentation before a section is tolerated", "  [Unit]\n  A = b \n", [["Unit", "A", "b"]]],
    ["a byte order mark is harmless", "\uFEFF[Unit]\nA=b\n", [["Unit", "A", "b"]]],
    [
      "a bracket in a comment opens nothing",
      "# [No]\nB=2\n; [No]\nC=3\n[S]\nA=1",
      [["S", "A", "1"]],
    ],
    ["a comment may start in mid-line", "junk # [No]\n[S]\nA=1", [["S", "A", "1"]]],
    ["a comment may be continued", "junk ; a \\\n[No]\n[S]\nA=1", [["S", "A", "1"]]],
  ])("%s", holds);
});

describe("section headers", () => {
  test.for<Row>([
    ["a name may run over lines", "[Un\nit]\nA=1", [["Un\nit", "A", "1"]]],
    ["a name is not trimmed", "[ Unit ]\nA=1", [[" Unit ", "A", "1"]]],
    ["a name may be empty", "[]\nA=1", [["", "A", "1"]]],
    ["a name may hold an opening bracket", "[a[b]\nA=1", [["a[b", "A", "1"]]],
    ["white space may follow", "[S] \t\u00a0\u0085\r\nA=1", [["S", "A", "1"]]],
    ["a section without options leaves no trace", "[A]\n[B]\nX=1\n[C]\n", [["B", "X", "1"]]],
    [
      "a repeated section keeps its options in order of encounter",
      "[A]\nX=1\n[B]\nY=2\n[A]\nX=3\n",
      [
        ["A", "X", "1"],
        ["B", "Y", "2"],
        ["A", "X", "3"],
      ],
    ],
    ["a section may be the last line", "[A]", []],
  ])("%s", holds);
});

describe("options", () => {
  test.for<Row>([
    ["spacing round name and value is dropped", "[S]\n \t A \t=  b \n", [["S", "A", "b"]]],
    ["every Unicode space counts", "[S]\n\u00a0\u2003A\u0085=\u3000b\u2028\n", [["S", "A", "b"]]],
    ["a byte order mark is no space", "[S]\nA=\uFEFFb\n", [["S", "A", "\uFEFFb"]]],
    ["inner blanks of a name stay", "[S]\nFoo Bar = v\n", [["S", "Foo Bar", "v"]]],
    ["a name may be empty", "[A]\n=v\n", [["A", "", "v"]]],
    ["a name may be anything", "[A]\n<<<<=bar\n", [["A", "<<<<", "bar"]]],
    [
      "names and sections are case-sensitive",
      "[a]\nx=1\nX=2\n",
      [
        ["a", "x", "1"],
        ["a", "X", "2"],
      ],
    ],
    ["blank lines are skipped, also with carriage returns", "[S]\n\r\n \nA=1\n", [["S", "A", "1"]]],
    ["comments are skipped, also indented", "[S]\n  # a\n\t; b\nA=1\n", [["S", "A", "1"]]],
    ["a line feed at the end is optional", "[S]\nA=1", [["S", "A", "1"]]],
  ])("%s", holds);
});

describe("values", () => {
  test.for<Row>([
    ["further equals signs are ordinary", "[S]\nA=b=c=d\n", [["S", "A", "b=c=d"]]],
    [
      "an empty value stays and resets nothing",
      "[S]\nA=1\nA=\n",
      [
        ["S", "A", "1"],
        ["S", "A", ""],
      ],
    ],
    [
      "comment characters are ordinary",
      '[S]\nA=echo "ping"; # x\n',
      [["S", "A", 'echo "ping"; # x']],
    ],
    ["quotes are ordinary", "[S]\nA=\"a b\" 'c'\n", [["S", "A", "\"a b\" 'c'"]]],
    ["a lone carriage return is ordinary", "[S]\nA=a\rb\n", [["S", "A", "a\rb"]]],
    ["brackets are ordinary", "[S]\nA=[B]\n", [["S", "A", "[B]"]]],
  ])("%s", holds);
});

describe("comments that end in a backslash", () => {
  test.for<Row>([
    ["take the next line along", "[S]\n# a \\\nX=1\nY=2\n", [["S", "Y", "2"]]],
    ["take several lines along", "[S]\n# a \\\nX=1 \\\nY=2\nZ=3\n", [["S", "Z", "3"]]],
    ["also when one blank follows the backslash", "[S]\n# a \\ \nX=1\nY=2\n", [["S", "Y", "2"]]],
    ["but not when two follow", "[S]\n# a \\  \nY=2\n", [["S", "Y", "2"]]],
    ["and not in a file with CRLF", "[S]\r\n# a \\\r\nY=2\r\n", [["S", "Y", "2"]]],
    ["may end the file", "[S]\n# a \\\n", []],
  ])("%s", holds);
});

describe("mistakes are told in fleet's words", () => {
  test.for<readonly [mistake: string, text: string, message: string]>([
    ["a section without an end", "[Unit", "unable to find end of section"],
    [
      "a section whose end is missing on all lines",
      "[Unit\nA=1\n",
      "unable to find end of section",
    ],
    ["text after a section", "[Unit] x", "found garbage after section name : [120]"],
    ["a comment after a section", "[Unit] # c\n", "found garbage after section name : [35 32 99]"],
    ["a second bracket", "[a]]\n", "found garbage after section name : [93]"],
    ["text beyond ASCII after a section", "[a]é\n", "found garbage after section name : [195 169]"],
    ["a name that the end of the file cuts off", "[A]\nX", "EOF"],
    [
      "a line without an equals sign",
      "[A]\nX\nY=1",
      "unexpected newline encountered while parsing option name",
    ],
    [
      "a carriage return in a name",
      "[A]\nX\rY=1",
      "unexpected newline encountered while parsing option name",
    ],
    [
      "a carriage return after a name that the end of the file cuts off",
      "[A]\nX\r",
      "unexpected newline encountered while parsing option name",
    ],
  ])("%s", ([, text, message]) => {
    expect(() => parseUnitFile(text)).toThrow(new UnitFileError(message));
  });
});

describe("bytes", () => {
  test.for<readonly [promise: string, file: string, options: readonly string[][]]>([
    ["are read as UTF-8", "[S]\nA=\xc3\xa9\n", [["S", "A", "é"]]],
    ["may start with a byte order mark", "\xef\xbb\xbf[S]\nA=1\n", [["S", "A", "1"]]],
    [
      "that are no UTF-8 become one U+FFFD each, in names and values",
      "[S]\nA\xff\xe2\x82=b\xc3\n",
      [["S", "A\uFFFD\uFFFD\uFFFD", "b\uFFFD"]],
    ],
  ])("%s", ([, file, options]) => {
    expect(triplesOf(bytesOf(file))).toEqual(options);
  });

  test("give what the same text gives", () => {
    const text = "[Unit]\nDescription=naïve \\\n  Ünit 🚀\n";

    expect(parseUnitFile(new TextEncoder().encode(text))).toEqual(parseUnitFile(text));
  });

  test("half a surrogate pair in a text becomes U+FFFD", () => {
    expect(triplesOf("[S]\nA=\ud83d!\n")).toEqual([["S", "A", "\uFFFD!"]]);
  });
});
