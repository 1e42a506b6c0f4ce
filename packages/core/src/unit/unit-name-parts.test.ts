import { expect, test } from "vitest";

import { unitNameParts, type UnitNameParts } from "./unit-name-parts.ts";

type Row = readonly [
  name: string,
  stem: string,
  prefix: string,
  instance: string,
  template: string | undefined,
  kind: UnitNameParts["kind"],
];

test.for<Row>([
  ["foo.service", "foo", "foo", "", undefined, "plain"],
  ["foo@.service", "foo@", "foo", "", "foo@.service", "template"],
  ["foo@bar.service", "foo@bar", "foo", "bar", "foo@.service", "instance"],
  ["foo@bar@baz.service", "foo@bar@baz", "foo", "bar@baz", "foo@.service", "instance"],
  ["foo.1@2.socket", "foo.1@2", "foo.1", "2", "foo.1@.socket", "instance"],
  ["a.b@c.d.service", "a.b@c.d", "a.b", "c.d", "a.b@.service", "instance"],
  [".service", "", "", "", undefined, "plain"],
  ["@.service", "@", "", "", "@.service", "template"],
  ["foo.", "foo", "foo", "", undefined, "plain"],
  ["foo.service@1", "foo", "foo", "", undefined, "plain"],
])("%s has stem %j, prefix %j, instance %j, template %s and is %s", (row) => {
  const [name, stem, prefix, instance, template, kind] = row;
  const type = name.slice(name.lastIndexOf(".") + 1);

  expect(unitNameParts(name)).toEqual({ name, stem, prefix, instance, template, type, kind });
});

test("a name without a dot has no parts", () => {
  expect(unitNameParts("foo@bar")).toBeUndefined();
});
