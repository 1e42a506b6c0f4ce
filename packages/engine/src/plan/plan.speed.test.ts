import type { UnitName } from "@fleet/core";
import { expect, test } from "vitest";
import { snapshotOf, unitName, type ScenarioUnit } from "../../testing/scenario.ts";
import { Cluster } from "../model/cluster.ts";
import { Dirty, everythingDirty } from "../model/marks.ts";
import { plan } from "./plan.ts";

/** The best of so many runs counts, in processor time, so that neighbours on the machine do not. */
const RUNS = 9;

test("500 new units on 50 machines are planned within 20 ms", () => {
  const cluster = clusterOfSize(50, 500);
  expect(bestMs(() => plan(cluster, everythingDirty()))).toBeLessThan(20);
});

test("1000 machines and 10 000 units are planned from scratch within 1 s", () => {
  const cluster = clusterOfSize(1_000, 10_000);
  expect(bestMs(() => plan(cluster, everythingDirty()))).toBeLessThan(1_000);
});

test("one new unit beside 20 000 is planned within 2 ms", () => {
  const cluster = settled(clusterOfSize(1_000, 20_000));
  const names = [...Array(RUNS).keys()].map((n) => unitName(unitAt(n).name));
  const tookMs = names.map((name) => timeMs(() => restart(cluster, name)));
  expect(Math.min(...tookMs)).toBeLessThan(2);
});

test("units that no machine's metadata suit are found to wait within 1 s", () => {
  const cluster = clusterOfSize(1_000, 10_000, { metadata: ["region=nowhere"] });
  expect(bestMs(() => plan(cluster, everythingDirty()))).toBeLessThan(1_000);
});

function clusterOfSize(machines: number, units: number, ask: Partial<ScenarioUnit> = {}): Cluster {
  const scenario = {
    machines: [...Array(machines).keys()].map((n) => ({
      id: `machine-${String(n).padStart(4, "0")}`,
      metadata: { region: `r${n % 10}` },
      unreadable: false,
    })),
    units: [...Array(units).keys()].map((n) => ({ ...unitAt(n), ...ask })),
  };
  return new Cluster(snapshotOf(scenario), 0);
}

/** Every tenth unit conflicts with a glob, every tenth with its neighbour, every tenth follows one. */
function unitAt(n: number): ScenarioUnit {
  const name = (at: number): string => `unit-${String(at).padStart(5, "0")}`;
  return {
    name: name(n),
    state: "launched",
    global: false,
    machineId: undefined,
    peers: n % 10 === 3 ? [name(n - 1)] : [],
    metadata: n % 10 === 4 ? [`region=r${n % 7}`] : [],
    conflicts: n % 10 === 5 ? [`${name(n).slice(0, -1)}*`] : n % 10 === 6 ? [name(n + 1)] : [],
    replaces: [],
    moving: {},
    version: 1,
    places: [],
  };
}

function settled(cluster: Cluster): Cluster {
  for (const decision of plan(cluster, everythingDirty())) {
    if (decision.kind !== "assign") continue;
    cluster.setPlacement(decision.unit, decision.to, decision.entry);
  }
  return cluster;
}

/** Two passes: one takes the unit off, the other places it again; nothing is written. */
function restart(cluster: Cluster, name: UnitName): void {
  for (const targetState of ["inactive", "launched"] as const) {
    const dirty = new Dirty();
    const stored = cluster.units.stored(name);
    if (stored === undefined) throw new Error(`${name} is not there`);
    cluster.apply({ kind: "unit", name, unit: { ...stored, targetState } }, 0, dirty);
    plan(cluster, dirty);
  }
}

function bestMs(act: () => void): number {
  return Math.min(...[...Array(RUNS).keys()].map(() => timeMs(act)));
}

function timeMs(act: () => void): number {
  const started = process.cpuUsage();
  act();
  const used = process.cpuUsage(started);
  return (used.user + used.system) / 1_000;
}
