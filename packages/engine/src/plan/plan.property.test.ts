import * as fc from "fast-check";
import { refusalToStay, type MachineId, type UnitName } from "@fleet/core";
import type { ClusterSnapshot } from "@fleet/registry";
import { expect, test } from "vitest";
import { arbitraryHistory } from "../../testing/arbitrary.ts";
import { inWords } from "../../testing/scenario.ts";
import { changesBetween, World, type WorldEvent } from "../../testing/world.ts";
import { Cluster } from "../model/cluster.ts";
import { WaitingUnits } from "../waiting-units.ts";
import { Dirty, everythingDirty } from "../model/marks.ts";
import { circularPartners } from "./circular.ts";
import type { Decision } from "./decision.ts";
import { plan } from "./plan.ts";

const RUNS = { numRuns: 150 };

/** One batch of events, what was planned from what they changed, and the cluster when carried out. */
interface Chapter {
  readonly before: ClusterSnapshot;
  readonly decisions: readonly Decision[];
  readonly settled: Cluster;
  readonly snapshot: ClusterSnapshot;
}

/** Lives through a history with one model that is only ever told of changes. */
function liveThrough(history: readonly (readonly WorldEvent[])[]): readonly Chapter[] {
  const world = new World();
  const model = new Cluster(world.snapshot(), 0);
  return history.map((events) => {
    const dirty = new Dirty();
    const old = world.snapshot();
    for (const event of events) world.happen(event);
    const before = world.snapshot();
    for (const change of changesBetween(old, before)) model.apply(change, 0, dirty);
    const decisions = plan(model, dirty);
    for (const decision of decisions) world.carryOut(decision);
    const snapshot = world.snapshot();
    for (const change of changesBetween(before, snapshot)) model.apply(change, 0, new Dirty());
    return { before, decisions, settled: new Cluster(snapshot, 0), snapshot };
  });
}

function holds(check: (chapter: Chapter) => void): void {
  fc.assert(
    fc.property(arbitraryHistory, (history) => {
      for (const chapter of liveThrough(history)) check(chapter);
    }),
    RUNS,
  );
}

const changing = (decisions: readonly Decision[]): readonly string[] =>
  decisions.filter(({ kind }) => kind !== "wait").map(inWords);

test("a plan from what changed equals a plan from scratch", () => {
  holds(({ before, decisions }) => {
    const fromScratch = plan(new Cluster(before, 0), everythingDirty());
    expect(changing(decisions)).toEqual(changing(fromScratch));
  });
});

test("a plan does not depend on the order in which things are listed", () => {
  holds(({ before }) => {
    const reversed: ClusterSnapshot = {
      ...before,
      units: before.units.toReversed(),
      machines: before.machines.toReversed(),
      assignments: before.assignments.toReversed(),
    };
    expect(plan(new Cluster(reversed, 0), everythingDirty()).map(inWords)).toEqual(
      plan(new Cluster(before, 0), everythingDirty()).map(inWords),
    );
  });
});

test("planning leaves the cluster as it was", () => {
  holds(({ before }) => {
    const cluster = new Cluster(before, 0);
    const once = plan(cluster, everythingDirty()).map(inWords);
    expect(plan(cluster, everythingDirty()).map(inWords)).toEqual(once);
  });
});

test("once a plan is carried out there is nothing more to do", () => {
  holds(({ settled }) => {
    expect(changing(plan(settled, everythingDirty()))).toEqual([]);
  });
});

test("once a plan is carried out no rule is broken", () => {
  holds(({ settled }) => {
    expect(placesOf(settled).flatMap((place) => brokenRules(settled, place))).toEqual([]);
  });
});

test("once a plan is carried out nothing waits that could run", () => {
  holds(({ settled }) => {
    for (const [, refusals] of new WaitingUnits(settled)) {
      expect([...refusals.keys()]).toEqual([...settled.machines.present()].toSorted());
    }
  });
});

test("a unit leaves a present machine only for a reason that still holds", () => {
  holds(({ decisions, settled }) => {
    for (const decision of decisions) {
      if (decision.kind !== "unassign" || !settled.machines.isPresent(decision.from)) continue;
      if (decision.cause.kind === "surplus") continue;
      expect([inWords(decision), mayStillBe(settled, decision.unit, decision.from)]).toEqual([
        inWords(decision),
        false,
      ]);
    }
  });
});

type Place = readonly [unit: UnitName, machine: MachineId];

function placesOf(cluster: Cluster): readonly Place[] {
  return [...cluster.placedNames()].flatMap((name) =>
    [...cluster.placementsOf(name).keys()]
      .filter((id) => cluster.machines.isPresent(id))
      .map((id): Place => [name, id]),
  );
}

function brokenRules(cluster: Cluster, [name, id]: Place): readonly string[] {
  const unit = cluster.units.candidate(name);
  if (unit === undefined || !cluster.units.isWanted(name)) return [`${name} is not wanted`];
  const load = cluster.loadOf(id);
  const refusal = refusalToStay(unit, load, () => true);
  const present = [...cluster.placementsOf(name).keys()].filter((other) =>
    cluster.machines.isPresent(other),
  );
  return [
    ...(refusal === undefined ? [] : [`${name} on ${id}: ${refusal.rule}`]),
    ...(load.units.replacedBy(unit).length === 0
      ? []
      : [`${name} on ${id} beside what it replaces`]),
    ...(circularPartners(cluster, unit).length === 0 ? [] : [`${name} and its circular partner`]),
    ...(unit.global || present.length === 1 ? [] : [`${name} is on ${present.join(" and ")}`]),
  ];
}

/** Whether a unit that left could have stayed: put back, it and its new neighbours break no rule. */
function mayStillBe(cluster: Cluster, name: UnitName, id: MachineId): boolean {
  const unit = cluster.units.stored(name);
  if (unit === undefined || unit.targetState === "inactive") return false;
  const elsewhere = [...cluster.placementsOf(name)];
  const isGlobal = cluster.units.globals.has(name);
  for (const [other] of isGlobal ? [] : elsewhere) cluster.setPlacement(name, other, undefined);
  const { hash, targetState } = unit;
  cluster.setPlacement(name, id, { unit: name, hash, targetState });
  const broken = placesOf(cluster).flatMap((place) => brokenRules(cluster, place));
  cluster.setPlacement(name, id, undefined);
  for (const [other, placed] of elsewhere) cluster.setPlacement(name, other, placed);
  return broken.length === 0;
}
