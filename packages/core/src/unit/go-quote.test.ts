import { expect, test } from "vitest";

import { quoteRune, quoteText } from "./go-quote.ts";

test.for<readonly [character: string, quoted: string]>([
  ["a", "'a'"],
  [" ", "' '"],
  ["'", String.raw`'\''`],
  ['"', `'"'`],
  ["\\", String.raw`'\\'`],
  ["\u0007", String.raw`'\a'`],
  ["\b", String.raw`'\b'`],
  ["\f", String.raw`'\f'`],
  ["\n", String.raw`'\n'`],
  ["\r", String.raw`'\r'`],
  ["\t", String.raw`'\t'`],
  ["\v", String.raw`'\v'`],
  ["\0", String.raw`'\x00'`],
  ["\u001b", String.raw`'\x1b'`],
  ["\u007f", String.raw`'\x7f'`],
  ["\u0085", String.raw`'\u0085'`],
  ["\u00a0", String.raw`'\u00a0'`],
  ["\u200b", String.raw`'\u200b'`],
  ["\u{e0001}", String.raw`'\U000e0001'`],
  ["\uFFFD", "'\uFFFD'"],
  ["\ud800", "'\uFFFD'"],
  ["é", "'é'"],
  ["€", "'€'"],
  ["🚀", "'🚀'"],
])("the character %j is shown as %s", ([character, quoted]) => {
  expect(quoteRune(character)).toBe(quoted);
});

test.for<readonly [text: string, quoted: string]>([
  ["", '""'],
  ["service", '"service"'],
  [`a"b'c`, String.raw`"a\"b'c"`],
  ["é🚀\n\u007f\\", String.raw`"é🚀\n\x7f\\"`],
])("the text %j is shown as %s", ([text, quoted]) => {
  expect(quoteText(text)).toBe(quoted);
});
