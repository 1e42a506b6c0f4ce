import { expect, test } from "vitest";

import { percentDecode, queryValues } from "./percent.ts";

test.for<[query: string, values: string[]]>([
  ["", []],
  ["key=a", ["a"]],
  ["key=a&other=b&key=c", ["a", "c"]],
  ["key", [""]],
  ["key=a=b", ["a=b"]],
  ["key=a+b%2Bc", ["a b+c"]],
  ["k%65y=a", ["a"]],
  ["key=%zz&key=a", ["a"]],
  ["KEY=a", []],
])("the values of key in %s", ([query, values]) => {
  expect(queryValues(query, "key")).toEqual(values);
});

test.for<[text: string, decoded: string | undefined]>([
  ["plain", "plain"],
  ["%c3%A9", "é"],
  ["\u00c3\u00a9", "é"],
  ["%ff%c3x", "\uFFFD\uFFFDx"],
  ["a+b", "a+b"],
  ["%", undefined],
  ["%4", undefined],
  ["%4g", undefined],
])("%s is decoded", ([text, decoded]) => {
  expect(percentDecode(text)).toBe(decoded);
});
