import { expect, test } from "vitest";

import { unitNameOf, unitWordOf } from "./unit-words.ts";

test.for([
  ["foo", "foo.service"],
  ["foo.service", "foo.service"],
  ["foo/bar.socket", "bar.socket"],
  ["foo.1", "foo.1.service"],
  ["bar.target", "bar.target.service"],
  ["a.timer", "a.timer"],
  ["a.path", "a.path"],
  ["a.device", "a.device"],
  ["a.mount", "a.mount"],
  ["a.automount", "a.automount"],
  ["foo@1", "foo@1.service"],
  ["foo*", "foo*.service"],
] as const)("%s names %s", ([word, name]) => {
  expect(unitNameOf(word)).toBe(name);
});

test.for([
  ["sub/foo", "sub/foo.service", "foo.service"],
  ["sub/", "sub/.service", ".service"],
  ["/abs/foo@1.service", "/abs/foo@1.service", "foo@1.service"],
] as const)("%s is read from %s as %s", ([word, path, name]) => {
  expect(unitWordOf(word)).toEqual({ path, name });
});
