import { parseUnitName, type UnitRun } from "@fleet/core";
import { expect, test } from "vitest";

import { type RunProperties, runPropertiesOf, UnitRuns } from "./unit-runs.ts";

const WEB = parseUnitName("web.service");

function properties(values: Readonly<Record<string, unknown>>): RunProperties {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

function service(code: number, status: number): RunProperties {
  const exit = { ExecMainCode: code, ExecMainStatus: status };
  return properties({ Result: "success", NRestarts: 3, ...exit, MainPID: 17 });
}

test.for<[what: string, said: RunProperties, run: UnitRun]>([
  ["a main process that runs", service(0, 0), { result: "success", restarts: 3 }],
  ["one that exited", service(1, 7), { result: "success", restarts: 3, exitStatus: 7 }],
  ["one that was killed", service(2, 9), { result: "success", restarts: 3, exitSignal: 9 }],
  ["one that dumped core", service(3, 11), { result: "success", restarts: 3, exitSignal: 11 }],
  ["values of other types than known", properties({ Result: 1, NRestarts: "3" }), {}],
])("reads what is said of a service: %s", ([, said, run]) => {
  const runs = new UnitRuns();
  runs.take(WEB, "Service", said);
  expect(runs.of(WEB)).toEqual(run);
});

test("a signal replaces what was known from its own interface, and nothing else", () => {
  const runs = new UnitRuns();
  runs.take(WEB, "Service", service(1, 7));
  runs.take(WEB, "Unit", properties({ StateChangeTimestamp: 4_711_999n }));
  runs.take(WEB, "Service", service(0, 0));
  expect(runs.of(WEB)).toEqual({ sinceMs: 4_711, result: "success", restarts: 3 });
  runs.take(WEB, "Unit", properties({ StateChangeTimestamp: 0n }));
  expect(runs.of(WEB)).toEqual({ result: "success", restarts: 3 });
});

test.for<[what: string, holds: boolean, lookedAt: bigint, run: UnitRun]>([
  ["did not hold", false, 4_711n, { isSkipped: true, result: "success", restarts: 3 }],
  ["held", true, 4_711n, { result: "success", restarts: 3 }],
  ["were never looked at", false, 0n, { result: "success", restarts: 3 }],
])("a unit whose conditions %s", ([, ConditionResult, ConditionTimestamp, run]) => {
  const runs = new UnitRuns();
  runs.take(WEB, "Unit", properties({ ConditionResult, ConditionTimestamp }));
  runs.take(WEB, "Service", service(0, 0));
  expect(runs.of(WEB)).toEqual(run);
});

test("a unit is asked about once, and only when systemd has not spoken of it", () => {
  const runs = new UnitRuns();
  expect(runs.mustAsk(WEB)).toBe(false);
  runs.missed(WEB);
  expect([runs.mustAsk(WEB), runs.mustAsk(WEB)]).toEqual([true, false]);
  runs.missed(WEB);
  runs.take(WEB, "Unit", properties({ StateChangeTimestamp: 1_000n }));
  runs.missed(WEB);
  expect(runs.mustAsk(WEB)).toBe(false);
});

const NEVER: RunProperties = properties({ StateChangeTimestamp: 0n, ConditionTimestamp: 0n });
const BEFORE: RunProperties = properties({ StateChangeTimestamp: 4_711_000n });
const SKIPPED: RunProperties = properties({ ConditionResult: false, ConditionTimestamp: 1n });

test.for<[what: string, unit: RunProperties, run: UnitRun | undefined]>([
  ["has run", BEFORE, { sinceMs: 4_711, result: "success", restarts: 3, exitStatus: 0 }],
  ["was skipped", SKIPPED, { isSkipped: true, result: "success", restarts: 3, exitStatus: 0 }],
  ["nobody ever tried to start", NEVER, undefined],
])("takes what is answered about a unit that %s", ([, unit, run]) => {
  const runs = new UnitRuns();
  runs.takeAnswer(WEB, [
    ["Unit", unit],
    ["Service", service(1, 0)],
  ]);
  expect(runs.of(WEB)).toEqual(run);
});

test("what systemd said meanwhile is newer than its answer", () => {
  const runs = new UnitRuns();
  runs.take(WEB, "Unit", BEFORE);
  runs.takeAnswer(WEB, [["Unit", SKIPPED]]);
  expect(runs.of(WEB)).toEqual({ sinceMs: 4_711 });
});

test.for<[type: string, owners: readonly string[]]>([
  ["service", ["Unit", "Service"]],
  ["automount", ["Unit", "Automount"]],
  ["target", ["Unit"]],
])("asks a %s for what its type has", ([type, owners]) => {
  expect(runPropertiesOf(type, true).map(({ owner }) => owner)).toEqual(owners);
});
