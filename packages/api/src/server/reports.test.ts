import type { MachineId, UnitName } from "@fleet/core";
import { expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { moveOff, report, run, storeUnit } from "../../testing/cluster.ts";

const HASH = "1c6fb6f3684bafb0c173d8b8b957ceff031180c1";
const FAILED = {
  machine: "m1" as MachineId,
  activeState: "failed",
  subState: "failed",
  error: "start job of a.service failed: failed",
  sinceMs: 1_763_712_000_000,
  result: "exit-code",
  exitStatus: 3,
  restarts: 0,
};
const SKIPPED = { activeState: "inactive", subState: "dead", isSkipped: true } as const;

test("a report tells of a unit that a condition kept from being started", async () => {
  await using api = await ApiUnderTest.open();
  await storeUnit(api.registry, "a.service");
  await run(api.registry, "m1", new Map([["a.service", "silent"]]));
  await report(api.registry, "a.service" as UnitName, { machine: FAILED.machine, ...SKIPPED });
  expect(await api.outcome("GET /fleet/v1/reports/a.service")).toContain(
    `"machineID":"m1","skipped":true,"subState":"dead"}`,
  );
});

test("each machine's report has its error and how the last run went", async () => {
  await using api = await ApiUnderTest.open();
  await storeUnit(api.registry, "a.service");
  await run(api.registry, "m2", new Map([["a.service", "loaded"]]));
  await run(api.registry, "m1", new Map([["a.service", "silent"]]));
  await report(api.registry, "a.service" as UnitName, FAILED);
  expect(await api.outcome("GET /fleet/v1/reports/a.service")).toBe(
    `200 {"name":"a.service","reports":[{"activeState":"failed","currentState":"launched",` +
      `"error":"start job of a.service failed: failed","exitStatus":3,"hash":"${HASH}",` +
      `"loadState":"loaded","machineID":"m1","restarts":0,"result":"exit-code",` +
      `"since":1763712000000,"subState":"failed"},{"activeState":"inactive",` +
      `"currentState":"loaded","hash":"${HASH}","loadState":"loaded","machineID":"m2",` +
      `"subState":"dead"}]}`,
  );
});

test("a machine tells of a unit that it has no longer and that only ends there", async () => {
  await using api = await ApiUnderTest.open();
  await storeUnit(api.registry, "a.service");
  const state = { ...FAILED, activeState: "deactivating", subState: "stop-sigterm" };
  await report(api.registry, "a.service" as UnitName, state);
  const outcome = await api.outcome("GET /fleet/v1/reports/a.service?machineID=m1");
  expect(outcome).toContain('"activeState":"deactivating"');
  expect(await api.outcome("GET /fleet/v1/reports/a.service?machineID=m2")).toBe(
    "404 no machine reports the unit",
  );
  expect(await api.outcome("GET /fleet/v1/reports/a.service")).toBe(
    "404 no machine reports the unit",
  );
});

test("a machine that the unit was moved off and still runs on is told of, too", async () => {
  await using api = await ApiUnderTest.open();
  await storeUnit(api.registry, "a.service");
  await run(api.registry, "m1", new Map([["a.service", "launched"]]));
  await run(api.registry, "m2", new Map([["a.service", "launched"]]));
  const unit = "a.service" as UnitName;
  const machine = "m1" as MachineId;
  await moveOff(api.registry, { unit, machine });
  const outcome = await api.outcome("GET /fleet/v1/reports/a.service");
  expect(outcome.match(/"leaving":true|"machineID":"m\d"/g)).toEqual([
    '"leaving":true',
    '"machineID":"m1"',
    '"machineID":"m2"',
  ]);
});

test.for(["a.service", "none.service", "nonsense", "%ff"])("nobody reports %s", async (name) => {
  await using api = await ApiUnderTest.open();
  await storeUnit(api.registry, "a.service");
  expect(await api.outcome(`GET /v1-alpha/reports/${name}`)).toBe(
    "404 no machine reports the unit",
  );
});

test("what fleet 1.0.0 says of a state does not change with what else is reported", async () => {
  await using api = await ApiUnderTest.open();
  await storeUnit(api.registry, "a.service");
  await run(api.registry, "m1", new Map([["a.service", "silent"]]));
  await report(api.registry, "a.service" as UnitName, FAILED);
  expect(await api.outcome("GET /fleet/v1/state/a.service")).toBe(
    `200 {"hash":"${HASH}","machineID":"m1","name":"a.service","systemdActiveState":"failed",` +
      `"systemdLoadState":"loaded","systemdSubState":"failed"}`,
  );
});
