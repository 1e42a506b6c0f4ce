import { parseUnitFile, serialiseUnitFile, type UnitName } from "@fleet/core";
import type { Registry } from "@fleet/registry";
import { describe, expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { SLEEP, storeUnit } from "../../testing/cluster.ts";

const never = new AbortController().signal;
const OPTIONS = [{ section: "Service", name: "ExecStart", value: "/bin/true" }];
const OTHER = [{ section: "Service", name: "ExecStart", value: "/bin/sleep 100" }];
const fleet = (...pairs: [name: string, value: string][]): object => ({
  options: pairs.map(([name, value]) => ({ section: "X-Fleet", name, value })),
});

/** `TARGET TEXT` of what is stored, or "nothing". */
async function stored(registry: Registry, name: string): Promise<string> {
  const unit = await registry.unit(name as UnitName, never);
  return unit === undefined ? "nothing" : `${unit.targetState} ${serialiseUnitFile(unit.file)}`;
}

test("a charset does no harm", async () => {
  await using api = await ApiUnderTest.open();
  const headers = ["Content-Type: application/json ; charset=utf-8"];
  const request = { headers, body: JSON.stringify({ options: OPTIONS }) };
  expect(await api.outcome("PUT /fleet/v1/units/a.service", request)).toBe("201");
});

test.for([".service", "..service", "foo@.service", String.raw`yes@no\.service`, "x".repeat(248)])(
  "the name %s is accepted",
  async (name) => {
    await using api = await ApiUnderTest.open();
    const full = name.includes(".") ? name : `${name}.service`;
    expect(await api.put(encodeURIComponent(full), { options: OPTIONS })).toBe("201");
  },
);

describe("a unit that does not exist", () => {
  test.for<[promise: string, name: string, body: unknown, outcome: string, left: string]>([
    [
      "is created inactive",
      "a.service",
      { options: OPTIONS },
      "201",
      "inactive [Service]\nExecStart=/bin/true\n",
    ],
    [
      "is created with its target state",
      "a.service",
      {
        name: "a.service",
        desiredState: "launched",
        options: OPTIONS,
        currentState: "x",
        machineID: "y",
      },
      "201",
      "launched [Service]\nExecStart=/bin/true\n",
    ],
    [
      "is stored as it will be read back",
      "a.service",
      {
        options: [
          ...OPTIONS,
          { section: "Unit", name: " D ", value: " x " },
          { section: "Service", name: "B", value: "C" },
        ],
      },
      "201",
      "inactive [Service]\nExecStart=/bin/true\nB=C\n\n[Unit]\nD=x\n",
    ],
    [
      "needs options",
      "a.service",
      { desiredState: "launched" },
      "409 unit does not exist and options field empty",
      "nothing",
    ],
    [
      "needs more than an empty list",
      "a.service",
      { options: [] },
      "409 unit does not exist and options field empty",
      "nothing",
    ],
    [
      "needs more than null",
      "a.service",
      "null",
      "409 unit does not exist and options field empty",
      "nothing",
    ],
    [
      "needs a target state that there is",
      "a.service",
      { desiredState: "bogus", options: OPTIONS },
      '400 invalid desiredState "bogus": expect inactive, loaded or launched',
      "nothing",
    ],
    [
      "cannot be active when it is a template",
      "a@.service",
      { desiredState: "loaded", options: OPTIONS },
      '400 cannot activate template "a@.service"',
      "nothing",
    ],
    [
      "may be an inactive template",
      "a@.service",
      { options: OPTIONS },
      "201",
      "inactive [Service]\nExecStart=/bin/true\n",
    ],
  ])("%s", async ([, name, body, outcome, left]) => {
    await using api = await ApiUnderTest.open();
    expect(await api.put(name, body)).toBe(outcome);
    expect(await stored(api.registry, name)).toBe(left);
  });

  test("201 has an empty body and no type", async () => {
    await using api = await ApiUnderTest.open();
    const headers = ["Content-Type: application/json"];
    const request = { headers, body: JSON.stringify({ options: OPTIONS }) };
    const answer = await api.ask("PUT /fleet/v1/units/a.service", request);
    expect(answer).toMatchObject({ status: 201, body: "" });
    expect(answer?.headers.get("Content-Length")).toBe("0");
    expect(answer?.headers.has("Content-Type")).toBe(false);
  });
});

test("a wish for what is so already comes after every earlier one that is still on its way", async () => {
  await using api = await ApiUnderTest.open();
  const name = await storeUnit(api.registry, "a.service", SLEEP, "launched");
  const before = await api.registry.storedUnit(name, never);
  const earlier = { name, targetState: "inactive", expected: before?.revision ?? 0 } as const;
  expect(await api.put(name, { desiredState: "launched" })).toBe("204");
  expect(await api.registry.setTargetState(earlier, never)).toBe(false);
  expect(await stored(api.registry, name)).toBe(`launched ${SLEEPING}`);
});

const SLEEPING = "[Service]\nExecStart=/bin/sleep 100\n";

describe("a unit that is launched", () => {
  test.for<[promise: string, body: unknown, outcome: string, left: string]>([
    ["is stopped", { desiredState: "inactive" }, "204", `inactive ${SLEEPING}`],
    ["is set to loaded", { desiredState: "loaded", options: OTHER }, "204", `loaded ${SLEEPING}`],
    ["stays what it is", { desiredState: "launched" }, "204", `launched ${SLEEPING}`],
    [
      "is replaced by other options, and inactive then",
      { options: OPTIONS },
      "201",
      "inactive [Service]\nExecStart=/bin/true\n",
    ],
    [
      "is replaced with a target state",
      { desiredState: "launched", options: OPTIONS },
      "201",
      "launched [Service]\nExecStart=/bin/true\n",
    ],
    [
      "needs a target state when the options are the same",
      { options: OTHER },
      "409 must provide DesiredState to update existing unit",
      `launched ${SLEEPING}`,
    ],
    [
      "needs a target state when there are no options",
      {},
      "409 must provide DesiredState to update existing unit",
      `launched ${SLEEPING}`,
    ],
    [
      "is not set to a state that there is not",
      { desiredState: "bogus" },
      '400 invalid desiredState "bogus": expect inactive, loaded or launched',
      `launched ${SLEEPING}`,
    ],
    [
      "is not replaced by what could not be created",
      fleet(["MachineID", "x"], ["Global", "true"]),
      "400 MachineID cannot be used with Global",
      `launched ${SLEEPING}`,
    ],
  ])("%s", async ([, body, outcome, left]) => {
    await using api = await ApiUnderTest.open();
    await storeUnit(api.registry, "a.service", SLEEP, "launched");
    expect(await api.put("a.service", body)).toBe(outcome);
    expect(await stored(api.registry, "a.service")).toBe(left);
  });
});

test.for<[state: string, outcome: string]>([
  ["launched", '400 cannot activate template "t@.service"'],
  ["loaded", '400 cannot activate template "t@.service"'],
  ["inactive", "204"],
])("a template that is set to %s: %s", async ([desiredState, outcome]) => {
  await using api = await ApiUnderTest.open();
  await storeUnit(api.registry, "t@.service");
  expect(await api.put("t@.service", { desiredState })).toBe(outcome);
});

describe("when others change the unit at the same time", () => {
  test("a lost race is decided again", async () => {
    let races = 4;
    await using api = await ApiUnderTest.open((registry) => ({
      registry: {
        ...registry,
        async putUnit(unit, expected, signal) {
          if (races > 0) {
            races -= 1;
            const file = parseUnitFile(`[Unit]\nDescription=${races}\n`);
            await registry.putUnit({ ...unit, file }, expected, signal);
          }
          return registry.putUnit(unit, expected, signal);
        },
      },
    }));
    expect(await api.put("a.service", { options: OPTIONS })).toBe("201");
    expect(await stored(api.registry, "a.service")).toBe(
      "inactive [Service]\nExecStart=/bin/true\n",
    );
  });

  test("a unit that vanishes meanwhile is judged as what it is then", async () => {
    await using api = await ApiUnderTest.open((registry) => ({
      registry: {
        ...registry,
        async setTargetState(change, signal) {
          await registry.destroyUnit(change.name, signal);
          return registry.setTargetState(change, signal);
        },
      },
    }));
    await storeUnit(api.registry, "a.service");
    expect(await api.put("a.service", { desiredState: "launched" })).toBe(
      "409 unit does not exist and options field empty",
    );
  });

  test("races without end are a 500, and the log says so", async () => {
    await using api = await ApiUnderTest.open((registry) => ({
      registry: { ...registry, putUnit: async () => false },
    }));
    expect(await api.put("a.service", { options: OPTIONS })).toBe("500");
    expect(api.errors()).toEqual([
      "Failed creating Unit(a.service) in Registry: changed by others 5 times in a row",
    ]);
  });
});

test("a body of a mebibyte is accepted", async () => {
  await using api = await ApiUnderTest.open();
  const body = JSON.stringify({ options: OPTIONS }).padEnd(1_048_576);
  expect(await api.put("a.service", body)).toBe("201");
});
