import { expect, test } from "vitest";

import { editDistance, suggestionsFor } from "./suggest.ts";

const NAMES = ["cat", "load", "list-units", "list-machines", "start", "status", "stop", "unload"];

test.for<[string, string[]]>([
  ["lis", ["list-machines", "list-units"]],
  ["LIST-U", ["list-units"]],
  ["strat", ["start"]],
  ["st", ["start", "status", "stop"]],
  ["stap", ["start", "stop"]],
  ["lod", ["load"]],
  ["xyzzy", []],
])("%s may have meant %o", ([word, names]) => {
  expect(suggestionsFor(word, NAMES)).toEqual(names);
});

test.for<[string, string, number]>([
  ["", "", 0],
  ["", "abc", 3],
  ["abc", "abc", 0],
  ["kitten", "sitting", 3],
  ["flaw", "lawn", 2],
])("from %o to %o it takes %d changes", ([from, to, distance]) => {
  expect(editDistance(from, to)).toBe(distance);
});
