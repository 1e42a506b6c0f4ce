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
import { handOver } from "./hand-over.ts";
import { plan } from "./plan.ts";

const RUNS = { numRuns: 150 };

/** One batch of events, what was planned from what they changed, and the cluster when carried out. */
interface Chapter {
  readonly before: ClusterSnapshot;
  readonly nowMs: number;
  readonly decisions: readonly Decision[];
  /** The same with gentle moves. */
  readonly handedOver: readonly Decision[];
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
    model.judgeAbsences(world.nowMs, dirty);
    const { nowMs } = world;
    const decisions = plan(model, dirty);
    const handedOver = handOver(model, decisions);
    for (const decision of decisions) world.carryOut(decision);
    const snapshot = world.snapshot();
    for (const change of changesBetween(before, snapshot)) model.apply(change, 0, new Dirty());
    return { before, nowMs, decisions, handedOver, settled: clusterOf(snapshot, nowMs), snapshot };
  });
}

/** A model of the cluster as it is at a time. */
function clusterOf(snapshot: ClusterSnapshot, nowMs: number): Cluster {
  const cluster = new Cluster(snapshot, 0);
  cluster.judgeAbsences(nowMs, new Dirty());
  return cluster;
}

function holds(check: (chapter: Chapter) => void, histories = arbitraryHistory): void {
  fc.assert(
    fc.property(histories, (history) => {
      for (const chapter of liveThrough(history)) check(chapter);
    }),
    RUNS,
  );
}

/** The same with units that must not run twice, on machines of which two change roles at the end. */
const stoppedFirst = arbitraryHistory.map((history) => [
  ...history.map((events) => events.map(withStopFirst)),
  ...[
    ["a", "b"],
    ["b", "a"],
  ].map((regions) =>
    regions.map((r, index): WorldEvent => {
      const machine = { id: String(index + 1), metadata: { r }, unreadable: false };
      return { kind: "machine", machine };
    }),
  ),
]);

function withStopFirst(event: WorldEvent): WorldEvent {
  if (event.kind !== "unit") return event;
  const moving = { ...event.unit.moving, Handover: "stop-first" };
  return { kind: "unit", unit: { ...event.unit, moving } };
}

/** What is written of a decision, with what a unit waits for before it starts. */
function inFull(decision: Decision): string {
  const move = "entry" in decision ? decision.entry.move : undefined;
  const waitsFor = move?.kind === "arriving" ? `, waits for ${move.waitsFor}` : "";
  return inWords(decision) + waitsFor;
}

const changing = (decisions: readonly Decision[]): readonly string[] =>
  decisions.filter(({ kind }) => kind !== "wait").map(inWords);

test("a plan from what changed equals a plan from scratch, with its hand-overs", () => {
  holds(({ before, nowMs, decisions, handedOver }) => {
    const cluster = clusterOf(before, nowMs);
    const fromScratch = plan(cluster, everythingDirty());
    expect(changing(decisions)).toEqual(changing(fromScratch));
    const tasks = handedOver.filter(({ kind }) => kind !== "wait");
    const others = handOver(cluster, fromScratch).filter(({ kind }) => kind !== "wait");
    expect(tasks.map(inFull)).toEqual(others.map(inFull));
  });
});

test("what must not run twice starts nowhere before it has stopped on a machine that may still run it", () => {
  holds(({ before, nowMs, handedOver }) => {
    const cluster = clusterOf(before, nowMs);
    for (const decision of handedOver) {
      if (decision.kind !== "assign" || decision.entry.targetState !== "launched") continue;
      const unit = cluster.units.candidate(decision.unit);
      if (unit === undefined || unit.global || unit.handover !== "stop-first") continue;
      const copies = [...cluster.placementsOf(unit.name).keys()].filter(
        (id) => cluster.machines.standing(id, unit.moveAfterMs) !== "gone",
      );
      const waitsFor = [...inFull(decision).matchAll(/its copy on machine (\w+)/g)];
      expect(waitsFor.map(([, id]) => id)).toEqual(copies.toSorted());
    }
  }, stoppedFirst);
});

test("a plan does not depend on the order in which things are listed", () => {
  holds(({ before, nowMs }) => {
    const reversed: ClusterSnapshot = {
      ...before,
      units: before.units.toReversed(),
      machines: before.machines.toReversed(),
      assignments: before.assignments.toReversed(),
    };
    const [one, other] = [clusterOf(reversed, nowMs), clusterOf(before, nowMs)];
    expect(handOver(one, plan(one, everythingDirty())).map(inFull)).toEqual(
      handOver(other, plan(other, everythingDirty())).map(inFull),
    );
  });
});

test("planning leaves the cluster as it was", () => {
  holds(({ before, nowMs }) => {
    const cluster = clusterOf(before, nowMs);
    const once = handOver(cluster, plan(cluster, everythingDirty())).map(inFull);
    expect(handOver(cluster, plan(cluster, everythingDirty())).map(inFull)).toEqual(once);
  });
});

test("once a plan is carried out there is nothing more to do", () => {
  holds(({ settled }) => {
    const more = plan(settled, everythingDirty());
    expect(changing(more.filter((decision) => !yieldsToHeld(settled, decision)))).toEqual([]);
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
  holds(({ before, decisions, settled }) => {
    for (const decision of decisions) {
      if (decision.kind !== "unassign" || !settled.machines.isPresent(decision.from)) continue;
      if (decision.cause.kind === "surplus" || isSurplus(before, settled, decision.unit)) continue;
      expect([inWords(decision), mayStillBe(settled, decision.unit, decision.from)]).toEqual([
        inWords(decision),
        false,
      ]);
    }
  });
});

/** A unit that was global is on several machines, of which it keeps one, whatever made it leave the others first. */
function isSurplus(before: ClusterSnapshot, settled: Cluster, name: UnitName): boolean {
  const places = before.assignments.filter(({ entry }) => entry.unit === name);
  const isGlobal = settled.units.globals.has(name);
  return !isGlobal && places.length > 1 && settled.placementsOf(name).size === 1;
}

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
    ...(circularPartners(cluster, unit).every((match) => isHeld(cluster, match.with))
      ? []
      : [`${name} and its circular partner`]),
    ...(unit.global || present.length === 1 ? [] : [`${name} is on ${present.join(" and ")}`]),
  ];
}

/** Whether the unit is only where nothing may be decided yet: what was newly asked of it has to wait. */
function isHeld(cluster: Cluster, name: UnitName): boolean {
  const moveAfterMs = cluster.moveAfterMs(name);
  const places = [...cluster.placementsOf(name).keys()];
  return places.every((id) => cluster.machines.standing(id, moveAfterMs) === "held");
}

/**
 * Of a circular pair the one whose file changed leaves. Where it is only on a held machine it stays, with its new file,
 * and then it may be the other's turn.
 */
function yieldsToHeld(cluster: Cluster, decision: Decision): boolean {
  if (decision.kind !== "unassign" || decision.cause.kind !== "refused") return false;
  const { refusal } = decision.cause;
  return "why" in refusal && refusal.why === "circular" && isHeld(cluster, refusal.with);
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
