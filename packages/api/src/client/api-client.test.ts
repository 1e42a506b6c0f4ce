import { parseUnitFile, unitHash, type UnitName } from "@fleet/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { explainWait, join, machineOf, run, SLEEP, storeUnit } from "../../testing/cluster.ts";
import { type ApiClient, createApiClient } from "./index.ts";

// The client against the server: what one says, the other understands.

const never = new AbortController().signal;
const NAME = String.raw`x-y@a:b\c.service`;

let api: ApiUnderTest;
let client: ApiClient;

beforeEach(async () => {
  api = await ApiUnderTest.open(() => ({ tokenLimit: 2 }));
  const endpoint = `http://127.0.0.1:${api.port}`;
  client = createApiClient({ endpoint, requestTimeoutMs: 10_000 });
});
afterEach(async () => {
  client.close();
  await api[Symbol.asyncDispose]();
});

test("what is created is read back", async () => {
  const file = parseUnitFile(
    "[Service]\nExecStart=/bin/sh -c 'a <b> && \"c\"'\n\n[Unit]\nEmpty=\n",
  );
  await client.createUnit(NAME, file, never);
  const unit = {
    name: NAME,
    file,
    targetState: "inactive",
    currentState: "inactive",
    machine: "",
  };
  expect(await client.unit(NAME, never)).toEqual(unit);
  expect(await client.units(never)).toEqual([unit]);
});

test("a target state is set", async () => {
  await client.createUnit(NAME, SLEEP, never);
  await client.setTargetState(NAME, "launched", never);
  expect((await client.unit(NAME, never))?.targetState).toBe("launched");
});

test("a unit is destroyed once", async () => {
  await client.createUnit(NAME, SLEEP, never);
  expect(await client.destroyUnit(NAME, never)).toBe(true);
  expect(await client.destroyUnit(NAME, never)).toBe(false);
  expect(await client.unit(NAME, never)).toBeUndefined();
});

test("listings are read to their end, page after page", async () => {
  const names = ["a", "b", "c", "d", "e"].map((name) => `${name}.service`);
  for (const name of names) await storeUnit(api.registry, name, SLEEP, "launched");
  await run(api.registry, "m1", new Map(names.map((name) => [name, "launched"])));
  for (const id of ["m2", "m3"]) await join(api.registry, machineOf(id));
  expect((await client.units(never)).map((unit) => unit.name)).toEqual(names);
  expect((await client.states({}, never)).map((state) => state.unit)).toEqual(names);
  expect((await client.machines(never)).map((machine) => machine.id)).toEqual(["m1", "m2", "m3"]);
});

test("states are filtered by unit and by machine", async () => {
  await storeUnit(api.registry, "a.service", SLEEP, "launched");
  await run(api.registry, "m1", new Map([["a.service", "launched"]]));
  await run(api.registry, "m2", new Map([["a.service", "loaded"]]));
  const machines = async (filter: object): Promise<string[]> =>
    (await client.states(filter, never)).map((state) => state.machine);
  expect(await machines({ unit: "a.service" })).toEqual(["m1", "m2"]);
  expect(await machines({ machine: "m2" })).toEqual(["m2"]);
  expect(await machines({ unit: "b.service", machine: "m2" })).toEqual([]);
});

describe("one state", () => {
  test("is read", async () => {
    await storeUnit(api.registry, "a.service", SLEEP, "launched");
    await run(api.registry, "m1", new Map([["a.service", "launched"]]));
    expect(await client.state("a.service", never)).toEqual({
      unit: "a.service",
      machine: "m1",
      hash: "1c6fb6f3684bafb0c173d8b8b957ceff031180c1",
      loadState: "loaded",
      activeState: "active",
      subState: "running",
    });
  });

  test.for(["google-api-go-client/0.5", "fleetctl/2"])(
    "that is not known is undefined, for %s",
    async (userAgent) => {
      const endpoint = `http://127.0.0.1:${api.port}`;
      const other = createApiClient({ endpoint, requestTimeoutMs: 10_000, userAgent });
      expect(await other.state("a.service", never)).toBeUndefined();
      expect(await other.units(never)).toEqual([]);
      expect(await other.state("a.service", never)).toBeUndefined();
      other.close();
    },
  );
});

test("why a unit waits is read, and undefined where nothing is known", async () => {
  const reasons = [{ rule: "peer", reason: "no peer", count: 2, machines: [] }] as const;
  await explainWait(api.registry, "a.service" as UnitName, { machines: 2, reasons });
  expect(await client.waiting("a.service", never)).toEqual({ machines: 2, reasons });
  expect(await client.waiting("b.service", never)).toBeUndefined();
});

test("what machines report is read, and nothing where they report nothing", async () => {
  await run(api.registry, "m1", new Map([["a.service", "launched"]]));
  expect(await client.reports("a.service", never)).toEqual([
    {
      machine: "m1",
      hash: unitHash(SLEEP),
      isLeaving: false,
      loadState: "loaded",
      activeState: "active",
      subState: "running",
      currentState: "launched",
      error: "",
      result: "",
      isSkipped: false,
    },
  ]);
  expect(await client.reports("b.service", never)).toEqual([]);
});

test("metadata is set and taken away", async () => {
  await join(api.registry, machineOf("m1", { publicIp: "1.2.3.4" }));
  const changes = [
    { machine: "m1", key: "a", value: "1" },
    { machine: "m1", key: "b", value: "2" },
    { machine: "m1", key: "a" },
  ];
  await client.patchMetadata(changes, never);
  expect(await client.machines(never)).toEqual([
    { id: "m1", publicIp: "1.2.3.4", metadata: new Map([["b", "2"]]) },
  ]);
});

test("a refusal is told in fleetctl's words", async () => {
  const created = client.createUnit("a.service", [], never);
  await expect(created).rejects.toMatchObject({
    status: 409,
    message: "googleapi: Error 409: unit does not exist and options field empty",
  });
});

test("a failure without a text shows the whole body", async () => {
  api.store.disconnect();
  await expect(client.units(never)).rejects.toThrow(
    'googleapi: got HTTP response code 500 with body: {"error":{"code":500,"message":""}}',
  );
});
