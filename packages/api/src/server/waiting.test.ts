import type { MachineId, UnitName, Waiting } from "@fleet/core";
import { expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { explainWait, storeUnit } from "../../testing/cluster.ts";

const REFUSED: Waiting = {
  machines: 3,
  reasons: [
    {
      rule: "metadata",
      reason: "metadata disk=ssd is required",
      count: 3,
      machines: ["m1", "m2", "m3"] as MachineId[],
    },
  ],
};

test("why a unit waits is shown, with the machines and what they lack", async () => {
  await using api = await ApiUnderTest.open();
  await storeUnit(api.registry, "a.service");
  await explainWait(api.registry, "a.service" as UnitName, REFUSED);
  expect(await api.outcome("GET /fleet/v1/waiting/a.service")).toBe(
    '200 {"machines":3,"name":"a.service","reasons":[{"count":3,"machines":["m1","m2","m3"],' +
      '"reason":"metadata disk=ssd is required","rule":"metadata"}]}',
  );
});

test("that no machine is present is a reason without reasons", async () => {
  await using api = await ApiUnderTest.open();
  await explainWait(api.registry, "a.service" as UnitName, { machines: 0, reasons: [] });
  expect(await api.outcome("GET /v1-alpha/waiting/a.service")).toBe(
    '200 {"machines":0,"name":"a.service","reasons":[]}',
  );
});

test.for(["a.service", "none.service", "nonsense", "%ff"])("%s does not wait", async (name) => {
  await using api = await ApiUnderTest.open();
  await storeUnit(api.registry, "a.service");
  expect(await api.outcome(`GET /fleet/v1/waiting/${name}`)).toBe(
    "404 unit does not wait for a machine",
  );
});

test("what fleet 1.0.0 says of a unit does not change while it waits", async () => {
  await using api = await ApiUnderTest.open();
  await storeUnit(api.registry, "a.service");
  const before = await api.outcome("GET /fleet/v1/units/a.service");
  await explainWait(api.registry, "a.service" as UnitName, REFUSED);
  expect(await api.outcome("GET /fleet/v1/units/a.service")).toBe(before);
});
