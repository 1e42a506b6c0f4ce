import { parseUnitFile } from "@fleet/core";
import { expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { run, SLEEP, storeUnit } from "../../testing/cluster.ts";

const OPTIONS = '"options":[{"name":"ExecStart","section":"Service","value":"/bin/sleep 100"}]';

test("a unit that was only submitted is shown as inactive, with its options", async () => {
  await using api = await ApiUnderTest.open();
  await storeUnit(api.registry, "a.service", SLEEP, "launched");
  const unit = `{"currentState":"inactive","desiredState":"launched","name":"a.service",${OPTIONS}}`;
  expect(await api.outcome("GET /fleet/v1/units/a.service")).toBe(`200 ${unit}`);
  expect(await api.outcome("GET /v1-alpha/units")).toBe(`200 {"units":[${unit}]}`);
});

test("a unit on a machine is shown with it and with how far it got", async () => {
  await using api = await ApiUnderTest.open();
  const states = { launched: "launched", loaded: "loaded", silent: "silent" } as const;
  const units = Object.entries(states).map(([name, state]) => [`${name}.service`, state] as const);
  for (const [name] of units) await storeUnit(api.registry, name, SLEEP, "launched");
  await run(api.registry, "m1", new Map(units));
  const shown = ([name, current]: readonly [string, string]): string =>
    `{"currentState":"${current}","desiredState":"launched","machineID":"m1","name":"${name}",${OPTIONS}}`;
  const expected = [shown(["launched.service", "launched"]), shown(["loaded.service", "loaded"])];
  expected.push(shown(["silent.service", "inactive"]));
  expect(await api.outcome("GET /fleet/v1/units")).toBe(`200 {"units":[${expected.join(",")}]}`);
  expect(await api.outcome("GET /fleet/v1/units/launched.service")).toBe(`200 ${expected[0]}`);
});

test("a global unit is inactive and on no machine, alone and in the list", async () => {
  await using api = await ApiUnderTest.open();
  await storeUnit(api.registry, "g.service", parseUnitFile("[X-Fleet]\nGlobal=true\n"), "launched");
  const unit =
    '{"currentState":"inactive","desiredState":"launched","name":"g.service",' +
    '"options":[{"name":"Global","section":"X-Fleet","value":"true"}]}';
  expect(await api.outcome("GET /fleet/v1/units/g.service")).toBe(`200 ${unit}`);
  expect(await api.outcome("GET /fleet/v1/units")).toBe(`200 {"units":[${unit}]}`);
});

test("text is escaped as fleet escapes it, and nothing else is", async () => {
  await using api = await ApiUnderTest.open();
  const value = String.raw`<a> & "b" \ ü 😀 ${"\u2028"}.`;
  await storeUnit(api.registry, "a.service", [{ section: "S", name: "N", value }]);
  const answer = await api.ask("GET /fleet/v1/units/a.service");
  expect(answer?.body).toContain(String.raw`"value":"\u003ca\u003e \u0026 \"b\" \\ ü 😀 \u2028."}`);
});

test("units are listed in byte order of their names, those with an underscore, too", async () => {
  await using api = await ApiUnderTest.open();
  const names = ["b.service", "_a.service", "B.service", "a@.service", "a.service", "10.service"];
  for (const name of names) await storeUnit(api.registry, name);
  const { units } = JSON.parse((await api.ask("GET /fleet/v1/units"))?.body ?? "") as {
    units: { name: string }[];
  };
  expect(units.map((unit) => unit.name)).toEqual([
    "10.service",
    "B.service",
    "_a.service",
    "a.service",
    "a@.service",
    "b.service",
  ]);
});

test("a unit that cannot be read is left out of the list, and the log names it", async () => {
  await using api = await ApiUnderTest.open();
  const key = "/_coreos.com/fleet/units/broken.service";
  api.store.etcd.txn({ compare: [], success: [{ kind: "put", key, value: "{" }] });
  expect(await api.outcome("GET /fleet/v1/units")).toBe("200 {}");
  expect(await api.outcome("GET /fleet/v1/units/broken.service")).toBe("500");
  expect(await api.outcome("DELETE /fleet/v1/units/broken.service")).toBe("204");
});

test("a destroyed unit is gone, and destroying it again is a 404", async () => {
  await using api = await ApiUnderTest.open();
  await storeUnit(api.registry, "a.service");
  const answer = await api.ask("DELETE /fleet/v1/units/a.service");
  expect(answer).toMatchObject({ status: 204, body: "" });
  expect(answer?.headers.has("Content-Type")).toBe(false);
  expect(answer?.headers.has("Content-Length")).toBe(false);
  expect(await api.outcome("DELETE /fleet/v1/units/a.service")).toBe("404 unit does not exist");
  expect(await api.outcome("GET /fleet/v1/units/a.service")).toBe("404 unit does not exist");
});

test.for(["a.service", "nonsense", "%20", "a%00b.service", "%ff.service", "x".repeat(9_000)])(
  "a unit that does not exist is a 404, whatever its name: %s",
  async (name) => {
    await using api = await ApiUnderTest.open();
    expect(await api.outcome(`GET /fleet/v1/units/${name}`)).toBe("404 unit does not exist");
    expect(await api.outcome(`DELETE /fleet/v1/units/${name}`)).toBe("404 unit does not exist");
  },
);

test("a name is percent-decoded", async () => {
  await using api = await ApiUnderTest.open();
  await storeUnit(api.registry, String.raw`x-y@a:b\c.service`);
  expect((await api.ask("GET /fleet/v1/units/x-y%40a%3Ab%5Cc.service"))?.status).toBe(200);
});
