import type { Machine, MachineId, UnitHash } from "@fleet/core";
import type { ClusterChange } from "@fleet/registry";
import { expect, test } from "vitest";
import { inWords, scenarioOf, snapshotOf, unitName } from "../../testing/scenario.ts";
import { plan } from "../plan/plan.ts";
import { FORGET_AFTER_MS } from "./absence.ts";
import { Cluster } from "./cluster.ts";
import { Dirty } from "./marks.ts";

const EPOCH_MS = 1_763_712_000_000;
const M1 = "1" as MachineId;
const M2 = "2" as MachineId;
const A = unitName("a");
const entryOfA = { unit: A, hash: "a/1" as UnitHash, targetState: "launched" } as const;

/** What is planned after changes that come in one by one. */
function after(text: string, changes: readonly ClusterChange[]): readonly string[] {
  const cluster = new Cluster(snapshotOf(scenarioOf(text)), 0);
  const dirty = new Dirty();
  for (const change of changes) cluster.apply(change, 0, dirty);
  return plan(cluster, dirty).map(inWords);
}

const machine = (id: string, more: Partial<Machine> = {}): ClusterChange => ({
  kind: "machine",
  id: id as MachineId,
  machine: {
    id: id as MachineId,
    publicIp: "",
    hostname: "",
    metadata: new Map(),
    version: "2.0.0",
    engineDisabled: false,
    ...more,
  },
});

const gone = (id: string): ClusterChange => ({
  kind: "machine",
  id: id as MachineId,
  machine: undefined,
});

const unreadable = (entry: {
  readonly unit?: string;
  readonly machine?: string;
}): ClusterChange => ({
  kind: "unreadable",
  entry: {
    key: JSON.stringify(entry),
    problem: "broken",
    ...(entry.unit === undefined ? {} : { unit: unitName(entry.unit) }),
    ...(entry.machine === undefined ? {} : { machine: entry.machine as MachineId }),
  },
});

test.for<[promise: string, before: string, changes: ClusterChange[], decisions: string[]]>([
  [
    "a machine that joins gets what waits, and nothing that runs",
    "machines 1; units a@1 b!a",
    [machine("2")],
    ["assign b to 2"],
  ],
  [
    "a machine that says the same again changes nothing",
    "machines 1; units a@1 b!a",
    [machine("1", { publicIp: "10.0.0.1" })],
    [],
  ],
  [
    "a machine that went and came back between two passes keeps its units",
    "machines 1 2; units a@1 g^@1@2",
    [gone("1"), machine("1")],
    [],
  ],
  [
    "a dynamic value overrides a static one",
    "machines 1[r=a] 2[r=a]; units a[r=a]@1",
    [{ kind: "metadata", machine: M1, key: "r", value: "b" }],
    [
      "unassign a from 1: target Machine(1) unable to run unit: local Machine metadata insufficient",
      "assign a to 2",
    ],
  ],
  [
    "a dynamic value that goes away uncovers the static one",
    "machines 1[r=a]; units a[r=a]@1",
    [
      { kind: "metadata", machine: M1, key: "r", value: "" },
      { kind: "metadata", machine: M1, key: "r", value: undefined },
    ],
    [],
  ],
  [
    "a unit whose file is gone stays as it is",
    "machines 1 2; units a@1",
    [{ kind: "file", hash: "a/1" as UnitHash, file: undefined }, gone("1")],
    [],
  ],
  [
    "a unit whose record can no longer be read stays as it is",
    "machines 1 2; units a@1",
    [unreadable({ unit: "a" }), gone("1")],
    [],
  ],
  [
    "a unit whose entry can no longer be read stays as it is",
    "machines 1 2; units a@1",
    [unreadable({ unit: "a", machine: "1" }), gone("1")],
    [],
  ],
  [
    "a unit whose entry can be read again is seen to as before",
    "machines 1 2; units a@1",
    [
      unreadable({ unit: "a", machine: "1" }),
      { kind: "assignment", unit: A, machine: M1, entry: undefined },
    ],
    ["assign a to 1"],
  ],
  [
    "a machine whose record can no longer be read is taken for what it was",
    "machines 1; units a@1 b",
    [unreadable({ machine: "1" })],
    [],
  ],
  [
    "a machine first seen by a record that cannot be read keeps what it has",
    "machines 2; units a@2 b@1",
    [unreadable({ machine: "1" })],
    [],
  ],
  [
    "an entry that another program wrote pushes out whom it conflicts with",
    "machines 1 2; units a!b@2 b@1 x@2",
    [
      { kind: "assignment", unit: A, machine: M2, entry: undefined },
      { kind: "assignment", unit: A, machine: M1, entry: entryOfA },
    ],
    [
      "unassign b from 1: target Machine(1) unable to run unit: found conflict with locally-scheduled Unit([a.service])",
      "assign b to 2",
    ],
  ],
  [
    "an entry that another program wrote displaces whom it replaces",
    "machines 1 2; units a~b@2 b@1 x@2",
    [
      { kind: "assignment", unit: A, machine: M2, entry: undefined },
      { kind: "assignment", unit: A, machine: M1, entry: entryOfA },
    ],
    [
      "unassign b from 1: target Machine(1) unable to run unit: found replace with locally-scheduled Unit(a.service)",
      "assign b to 2",
    ],
  ],
  [
    "an unreadable value that speaks of nobody changes nothing",
    "machines 1; units a@1",
    [unreadable({})],
    [],
  ],
])("%s", ([, before, changes, decisions]) => {
  expect(after(before, changes)).toEqual(decisions);
});

test("a machine that departed very long ago is forgotten: its entries end, what it ran alone waits", () => {
  const snapshot = snapshotOf(scenarioOf("machines 2; units g^@1@2 a=1@1"));
  const departed = new Map([[M1, { sinceMs: EPOCH_MS }]]);
  const cluster = new Cluster({ ...snapshot, departed }, 0, undefined, EPOCH_MS);
  const planAt = (nowMs: number): readonly string[] => {
    const dirty = new Dirty();
    cluster.judgeAbsences(nowMs, dirty);
    return plan(cluster, dirty).map(inWords);
  };
  expect(planAt(FORGET_AFTER_MS - 1)).toEqual([]);
  expect(planAt(FORGET_AFTER_MS)).toEqual([
    "unassign a from 1: target Machine(1) went away",
    "unassign g from 1: target Machine(1) went away",
    "wait a",
  ]);
});

test("dynamic metadata of a machine that departed very long ago are found for collection, by any leader", () => {
  const snapshot = {
    ...snapshotOf(scenarioOf("machines 2")),
    dynamicMetadata: new Map([[M1, new Map([["r", "a"]])]]),
    departed: new Map([[M1, { sinceMs: EPOCH_MS - FORGET_AFTER_MS + 1_000 }]]),
  };
  const cluster = new Cluster(snapshot, 0, undefined, EPOCH_MS);
  cluster.judgeAbsences(999, new Dirty());
  expect(cluster.machines.forgotten()).toEqual([]);
  cluster.judgeAbsences(1_000, new Dirty());
  expect(cluster.machines.forgotten()).toEqual([M1]);
  cluster.apply({ kind: "departure", machine: M1, departure: undefined }, 1_000, new Dirty());
  cluster.apply({ kind: "metadata", machine: M1, key: "r", value: undefined }, 1_000, new Dirty());
  cluster.judgeAbsences(FORGET_AFTER_MS, new Dirty());
  expect([cluster.machines.forgotten(), cluster.toGiveUp(FORGET_AFTER_MS)]).toEqual([[], []]);
});

test("a departure that does not say when counts from when it is heard of", () => {
  const cluster = new Cluster(snapshotOf(scenarioOf("machines 2; units a=1@1")), 0);
  cluster.apply({ kind: "departure", machine: M1, departure: {} }, 5_000, new Dirty());
  cluster.judgeAbsences(5_000 + FORGET_AFTER_MS - 1, new Dirty());
  expect(cluster.machines.forgotten()).toEqual([]);
  cluster.judgeAbsences(5_000 + FORGET_AFTER_MS, new Dirty());
  expect(cluster.machines.forgotten()).toEqual([M1]);
});
