import type { MachineId, UnitName } from "@fleet/core";
import { describe, expect, test } from "vitest";

import {
  decodeDeparture,
  decodeEntry,
  decodeLeader,
  decodeMachine,
  decodeState,
  decodeUnit,
  encodeDeparture,
  encodeLeader,
  encodeMachine,
  encodeState,
} from "./codec.ts";
import { RegistryDataError } from "./errors.ts";

const HASH = "0123456789abcdef0123456789abcdef01234567";
const ID = "m1" as MachineId;
const OWNER = { unit: "web.service" as UnitName, machine: ID };

test("a machine is stored as fleet stores it, with hostname and instance", () => {
  const machine = {
    id: ID,
    publicIp: "10.0.0.1",
    hostname: "one",
    metadata: new Map([["disk", "ssd"]]),
    version: "2.0.0",
    engineDisabled: true,
  };
  const text = encodeMachine({ machine, instance: "i" });
  expect(JSON.parse(text)).toEqual({
    ID: "m1",
    PublicIP: "10.0.0.1",
    Metadata: { disk: "ssd" },
    Capabilities: { DISABLE_ENGINE: true },
    Version: "2.0.0",
    hostname: "one",
    instance: "i",
  });
  expect(decodeMachine("key", ID, text)).toEqual({ machine, instance: "i" });
});

test("a machine that says only who it is can be read, as can one that says more than we know", () => {
  const expected = { publicIp: "", hostname: "", metadata: new Map(), version: "" };
  for (const text of [`{"ID":"m1","Metadata":null}`, `{"ID":"m1","TotalResources":{"Cores":1}}`]) {
    expect(decodeMachine("key", ID, text).machine).toMatchObject(expected);
  }
});

test("a state is stored as fleet stores it, with current state and error", () => {
  const state = {
    ...OWNER,
    hash: HASH as Parameters<typeof encodeState>[0]["hash"],
    loadState: "loaded",
    activeState: "failed",
    subState: "dead",
    currentState: "launched",
    error: "no such file",
    sinceMs: 4711,
    result: "signal",
    isSkipped: true,
    exitStatus: 1,
    exitSignal: 9,
    restarts: 2,
  } as const;
  const text = encodeState(state);
  expect(JSON.parse(text)).toEqual({
    loadState: "loaded",
    activeState: "failed",
    subState: "dead",
    machineState: { ID: "m1" },
    unitHash: HASH,
    currentState: "launched",
    error: "no such file",
    since: 4711,
    result: "signal",
    skipped: true,
    exitStatus: 1,
    exitSignal: 9,
    restarts: 2,
  });
  expect(decodeState("key", OWNER, text)).toEqual(state);
});

test.for<[what: string, text: string, machine: string, sinceMs: number]>([
  ["our own", encodeLeader({ machine: ID, sinceMs: 4711 }), "m1", 4711],
  ["fleet's", `{"MachineID":"m1","Version":1}`, "m1", 0],
  ["not JSON: a machine's ID", "m1", "m1", 0],
  ["JSON of another kind", "4711", "4711", 0],
])("whoever holds the leader's key leads: %s", ([, text, machine, sinceMs]) => {
  expect(decodeLeader(text)).toEqual({ machine, sinceMs });
});

test.for<[what: string, text: string, sinceMs: number | undefined]>([
  ["our own", encodeDeparture({ sinceMs: 4711 }), 4711],
  ["that of an earlier version", "{}", undefined],
  ["not JSON", "gone", undefined],
])("whose key says that it departed has: %s", ([, text, sinceMs]) => {
  expect(decodeDeparture(text)).toEqual(sinceMs === undefined ? {} : { sinceMs });
});

describe("what cannot be read names its key", () => {
  test.for<[what: string, decode: () => unknown]>([
    ["a unit that is not JSON", () => decodeUnit("the/key", "{")],
    [
      "a unit with a short hash",
      () => decodeUnit("the/key", `{"hash":"0","targetState":"loaded"}`),
    ],
    [
      "an entry that is inactive",
      () => decodeEntry("the/key", OWNER.unit, `{"hash":"${HASH}","targetState":"inactive"}`),
    ],
    ["a machine under another's key", () => decodeMachine("the/key", ID, `{"ID":"m2"}`)],
    [
      "a machine whose metadata is no text",
      () => decodeMachine("the/key", ID, `{"ID":"m1","Metadata":{"a":1}}`),
    ],
    ["a state that is an array", () => decodeState("the/key", OWNER, "[]")],
  ])("%s", ([, decode]) => {
    expect(decode).toThrow(RegistryDataError);
    expect(decode).toThrow(/^the\/key: /);
  });
});
