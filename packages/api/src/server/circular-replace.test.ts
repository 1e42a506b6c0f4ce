import { parseUnitFile } from "@fleet/core";
import { expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { storeUnit } from "../../testing/cluster.ts";

const replacing = (pattern: string): object => ({
  options: [{ section: "X-Fleet", name: "Replaces", value: pattern }],
});

// Each row: what is promised, the stored unit and what it replaces, the new one and what it replaces, the answer.
test.for<[promise: string, old: [string, string], added: [string, string], outcome: string]>([
  [
    "two units that name each other",
    ["a.service", "b.service"],
    ["b.service", "a.service"],
    "400 unresolvable requirements: Unit(b.service) and Unit(a.service) replace each other",
  ],
  [
    "two units whose patterns match each other",
    ["a.service", "b*"],
    ["b.service", "[a].service"],
    "400 unresolvable requirements: Unit(b.service) and Unit(a.service) replace each other",
  ],
  [
    "instances that replace all of their kind",
    ["a@1.service", "%p@*.service"],
    ["a@2.service", "%p@*.service"],
    "400 unresolvable requirements: Unit(a@2.service) and Unit(a@1.service) replace each other",
  ],
  ["an instance and its template", ["a@.service", "a@*"], ["a@1.service", "a@*"], "201"],
  ["a template and its instance", ["a@1.service", "a@*"], ["a@.service", "a@*"], "201"],
  ["one way only", ["a.service", "c.service"], ["b.service", "a.service"], "201"],
  ["the other way only", ["a.service", "b.service"], ["b.service", "c.service"], "201"],
  ["the other way only, with wildcards", ["a.service", "b*"], ["b.service", "c*"], "201"],
  ["a unit with itself", ["a.service", "a*"], ["a.service", "*"], "201"],
])("%s", async ([, [old, pattern], [added, body], outcome]) => {
  await using api = await ApiUnderTest.open();
  await storeUnit(api.registry, old, parseUnitFile(`[X-Fleet]\nReplaces=${pattern}\n`));
  expect(await api.put(added, replacing(body))).toBe(outcome);
});

test("the other one is found behind the first page", async () => {
  await using api = await ApiUnderTest.open();
  for (let number = 100; number < 220; number += 1)
    await storeUnit(api.registry, `a${number}.service`);
  await storeUnit(api.registry, "x.service", parseUnitFile("[X-Fleet]\nReplaces=b.service\n"));
  expect(await api.put("b.service", replacing("x*"))).toBe(
    "400 unresolvable requirements: Unit(b.service) and Unit(x.service) replace each other",
  );
});

test("a stored unit does not change to a file that closes a circle", async () => {
  await using api = await ApiUnderTest.open();
  await storeUnit(api.registry, "a.service", parseUnitFile("[X-Fleet]\nReplaces=b.service\n"));
  await storeUnit(api.registry, "b.service");
  expect(await api.put("b.service", replacing("a.service"))).toMatch(/^400 /);
});
