import { describe, expect, test } from "vitest";

import { decodeUtf8, wellFormed } from "./utf8.ts";

describe("bytes", () => {
  test.for<readonly [promise: string, bytes: readonly number[], text: string]>([
    ["of no length are the empty text", [], ""],
    [
      "that are valid are read",
      [0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x9a, 0x80],
      "aé€🚀",
    ],
    ["of a byte order mark stay", [0xef, 0xbb, 0xbf, 0x61], "\uFEFFa"],
    ["of a real U+FFFD stay one", [0xef, 0xbf, 0xbd, 0x61], "\uFFFDa"],
    ["that start nothing are replaced", [0x61, 0x80, 0xff, 0x62], "a\uFFFD\uFFFDb"],
    ["of a cut-off character are replaced one by one", [0xe2, 0x82, 0x61], "\uFFFD\uFFFDa"],
    ["of a character cut off by the end, too", [0x61, 0xf0, 0x9f, 0x9a], "a\uFFFD\uFFFD\uFFFD"],
    [
      "of characters that cut each other off, too",
      [0xc3, 0xe2, 0x82, 0xf0, 0x9f, 0x61],
      `${"\uFFFD".repeat(5)}a`,
    ],
    ["that no longer start anything are replaced", [0xf5, 0x80, 0x80, 0x80], "\uFFFD".repeat(4)],
    ["of an over-long form are replaced", [0xc0, 0xaf], "\uFFFD\uFFFD"],
    ["of an over-long form of three are replaced", [0xe0, 0x80, 0x80], "\uFFFD\uFFFD\uFFFD"],
    ["of an over-long form of four are replaced", [0xf0, 0x8f, 0xbf, 0xbf], "\uFFFD".repeat(4)],
    ["of a surrogate are replaced", [0xed, 0xa0, 0x80], "\uFFFD\uFFFD\uFFFD"],
    ["beyond U+10FFFF are replaced", [0xf4, 0x90, 0x80, 0x80], "\uFFFD".repeat(4)],
    [
      "at the edges of the ranges are read",
      [0xed, 0x9f, 0xbf, 0xf4, 0x8f, 0xbf, 0xbf, 0xff],
      "\ud7ff\u{10ffff}\uFFFD",
    ],
  ])("%s", ([, bytes, text]) => {
    expect(decodeUtf8(Uint8Array.from(bytes))).toBe(text);
  });
});

describe("text", () => {
  test.for<readonly [promise: string, text: string, made: string]>([
    ["with whole pairs stays", "a🚀b", "a🚀b"],
    ["with a first half alone loses it", "a\ud83db", "a\uFFFDb"],
    ["with a second half alone loses it", "a\ude80b", "a\uFFFDb"],
    ["with halves in the wrong order loses both", "\ude80\ud83d", "\uFFFD\uFFFD"],
  ])("%s", ([, text, made]) => {
    expect(wellFormed(text)).toBe(made);
  });
});
