import type { UnitName } from "@fleet/core";
import type { Cluster } from "../model/cluster.ts";
import type { Dirty, Scope } from "../model/marks.ts";
import type { Agenda } from "./agenda.ts";
import { checkPlacements } from "./check.ts";
import type { Decision } from "./decision.ts";
import { partReplaced } from "./displace.ts";
import { beginPass, causeKey, entryOf, type Pass } from "./pass.ts";
import { placeUnit, spreadGlobal } from "./place.ts";
import type { Work } from "./work.ts";

/**
 * Decides what to change so that every unit that should run is where it may run, looking only at
 * what is dirty and at what that in turn affects. Pure and deterministic: the cluster is left as it
 * was, and equal clusters give equal decisions, in the order to apply them, however much of what
 * needs no change is marked dirty besides. At most `movesMax` units leave machines that are gone.
 */
export function plan(
  cluster: Cluster,
  dirty: Dirty,
  movesMax = Number.POSITIVE_INFINITY,
): readonly Decision[] {
  const pass = beginPass(cluster, dirty, movesMax);
  while (takeStep(pass));
  for (const name of pass.checked) renewEntries(pass, name);
  const decisions = [...changesOf(pass), ...waitsOf(pass), ...postponementsOf(pass)];
  pass.draft.undoTo(0);
  return decisions;
}

/**
 * What is looked at first: who must leave comes before who may come, global units before others,
 * and units that replace others last.
 */
const STAGES: readonly Stage[] = [
  { agenda: (work) => work.checks, look: checkPlacements },
  { agenda: (work) => work.replaced, look: partReplaced },
  { agenda: (work) => work.globals, look: spreadGlobal },
  { agenda: (work) => work.newcomers, look: placeUnit },
  { agenda: (work) => work.replacers(), look: placeUnit },
];

interface Stage {
  readonly agenda: (work: Work) => Agenda;
  readonly look: (pass: Pass, name: UnitName, scope: Scope) => void;
}

/** Looks at one unit; false when nothing is left. */
function takeStep(pass: Pass): boolean {
  for (const { agenda, look } of STAGES) {
    const next = agenda(pass.work).next();
    if (next === undefined) continue;
    look(pass, next.name, next.scope);
    return true;
  }
  return false;
}

/** A unit that stays gets its new version or target state where it is. */
function renewEntries(pass: Pass, name: UnitName): void {
  const { cluster, draft } = pass;
  if (!cluster.units.isWanted(name)) return;
  for (const [id, placed] of cluster.placementsOf(name)) {
    const entry = entryOf(cluster, name);
    if (placed === "unreadable") continue;
    if (placed.hash === entry.hash && placed.targetState === entry.targetState) continue;
    draft.put(name, id, entry);
  }
}

/** First what only ends, then what stays and changes, then each unit that moves or comes. */
function changesOf(pass: Pass): readonly Decision[] {
  const ends: Decision[] = [];
  const updates: Decision[] = [];
  const moves: Decision[] = [];
  const differences = pass.draft.differences();
  const coming = new Set(differences.filter((d) => d.before === undefined).map((d) => d.unit));
  for (const { unit, machine, before, after } of differences.toSorted(byUnitThenLeaving)) {
    if (after === undefined) {
      const cause = pass.causes.get(causeKey(unit, machine)) ?? { kind: "destroyed" };
      const decision: Decision = { kind: "unassign", unit, from: machine, cause };
      (coming.has(unit) ? moves : ends).push(decision);
    } else if (after !== "unreadable") {
      if (before === undefined) moves.push({ kind: "assign", unit, to: machine, entry: after });
      else updates.push({ kind: "update", unit, on: machine, entry: after });
    }
  }
  return [...ends, ...updates, ...moves];
}

type Place = { readonly unit: UnitName; readonly machine: string; readonly after: unknown };

function byUnitThenLeaving(a: Place, b: Place): number {
  if (a.unit !== b.unit) return a.unit < b.unit ? -1 : 1;
  if ((a.after === undefined) !== (b.after === undefined)) return a.after === undefined ? -1 : 1;
  return a.machine < b.machine ? -1 : 1;
}

function postponementsOf(pass: Pass): readonly Decision[] {
  return [...pass.postponed].toSorted().map((unit) => ({ kind: "postpone", unit }));
}

function waitsOf(pass: Pass): readonly Decision[] {
  return [...pass.sought]
    .filter((name) => pass.cluster.isWaiting(name))
    .toSorted()
    .map((unit) => ({ kind: "wait", unit }));
}
