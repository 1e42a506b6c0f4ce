import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import {
  parseUnitFile,
  parseUnitName,
  requirementsOf,
  serialiseUnitFile,
  unknownFleetKeys,
  validateUnitFile,
} from "@fleet/core";
import { expect, test } from "vitest";

const DIRECTORY = resolve(import.meta.dirname, "fixtures/units");
const names = readdirSync(DIRECTORY);

const textOf = (name: string): string => readFileSync(join(DIRECTORY, name), "utf8");

test.for(names)("%s is a unit that fleet accepts, and is stored as it is written", (name) => {
  expect(parseUnitName(name)).toBe(name);
  const file = parseUnitFile(textOf(name));
  validateUnitFile(file);
  expect(unknownFleetKeys(file)).toEqual([]);
  expect(serialiseUnitFile(file)).toBe(textOf(name));
});

const MULTIPLE = [2, 1, 0].map((number) => `conflict.multiple.${number}.service`);

// What the scenarios rely on. A row: the unit's name as it is started, its file, what it asks for.
test.for<[unit: string, file: string, wants: object]>([
  ["hello.service", "hello.service", {}],
  ["hello@1.service", "hello@.service", {}],
  ["global.service", "global.service", { global: true }],
  ["global@1.service", "global@.service", { global: true }],
  ["pong.1.service", "pong.1.service", { peers: ["ping.1.service"] }],
  ["conflict.3.service", "conflict.3.service", { conflicts: ["conflict.*.service"] }],
  ["conflict.multiple.0.service", "conflict.multiple.0.service", { conflicts: MULTIPLE }],
  ["conflict.multiple.2.service", "conflict.multiple.2.service", { conflicts: MULTIPLE }],
  [
    "conflicts-with-hello.service",
    "conflicts-with-hello.service",
    { conflicts: ["hello.service"] },
  ],
  [
    "conflict-global.1.service",
    "conflict-global.1.service",
    { global: true, conflicts: ["conflict-global.*.service"] },
  ],
  ["replace.2.service", "replace.2.service", { peers: ["replace.1.service"] }],
  ["replace-kick0.service", "replace-kick0.service", { replaces: ["replace.0.service"] }],
  ["pin@0123abcd.service", "pin@.service", { machineId: "0123abcd" }],
  [
    "metadata@m1.service",
    "metadata@.service",
    { metadata: new Map([["hostname", new Set(["m1"])]]) },
  ],
  ["discovery.service", "discovery.service", { peers: ["hello.service"] }],
])("%s asks for what its scenario needs", ([unit, file, wants]) => {
  const nothing = requirementsOf(unit, parseUnitFile(""));
  expect(requirementsOf(unit, parseUnitFile(textOf(file)))).toEqual({ ...nothing, ...wants });
});
