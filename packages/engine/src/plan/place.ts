import {
  isEmpty,
  refusalFor,
  type Candidate,
  type MachineId,
  type Refusal,
  type UnitName,
} from "@fleet/core";
import type { Cluster } from "../model/cluster.ts";
import { covers, type Scope } from "../model/marks.ts";
import { circularPartners } from "./circular.ts";
import { displaceAndEnter } from "./displace.ts";
import { entryOf, noteCause, type Pass } from "./pass.ts";

/** So few machines are better put in order for one unit than looked for among all. */
const FEW_MACHINES = 16;

/** Gives a waiting unit the least loaded machine in `scope` that accepts it, if there is one. */
export function placeUnit(pass: Pass, name: UnitName, scope: Scope): void {
  const unit = pass.cluster.waiting.get(name);
  if (unit === undefined) return;
  const isMove = pass.cluster.placementsOf(name).size > 0;
  if (isMove && pass.movesLeft === 0) return void pass.postponed.add(name);
  pass.sought.add(name);
  if (circularPartners(pass.cluster, unit).length > 0) return;
  const accepts = (id: MachineId): boolean =>
    !isBarred(pass.cluster, unit, id) && enter(pass, unit, id) === undefined;
  const home = pass.homes.get(name) ?? machineLeft(pass.cluster, name);
  if (home !== undefined && covers(scope, home) && accepts(home)) return;
  const few = machinesInQuestion(pass.cluster, unit, scope);
  if (few === undefined) pass.cluster.order.first(accepts);
  else byLoad(pass.cluster, few).some(accepts);
  if (isMove && !pass.cluster.waiting.has(name)) pass.movesLeft -= 1;
}

/** Where a unit that has to come somewhere still runs: it need not be started there. */
function machineLeft(cluster: Cluster, name: UnitName): MachineId | undefined {
  const kept = [...cluster.leaving.of(name).values()]
    .filter(({ machine, step }) => step === "keep" && cluster.machines.isPresent(machine))
    .map(({ machine }) => machine);
  return kept.toSorted()[0];
}

/** Puts a global unit on every machine in `scope` that accepts it. */
export function spreadGlobal(pass: Pass, name: UnitName, scope: Scope): void {
  const { cluster } = pass;
  const unit = cluster.units.candidate(name);
  if (unit === undefined || !cluster.units.globals.has(name)) return;
  pass.sought.add(name);
  const machines = scope === "anywhere" ? cluster.machines.present() : scope;
  for (const id of [...machines].toSorted()) {
    if (!cluster.machines.isPresent(id) || cluster.placementsOf(name).has(id)) continue;
    if (refusalFor(unit, cluster.loadOf(id)) === undefined) settleOn(pass, unit, id);
  }
}

/** Places `unit` on a present machine, displacing what it replaces, or says why that cannot be. */
export function enter(pass: Pass, unit: Candidate, id: MachineId): Refusal | undefined {
  const load = pass.cluster.loadOf(id);
  const replaced = load.units.replacedBy(unit);
  if (replaced.length > 0) return displaceAndEnter(pass, unit, id, replaced);
  const refusal = refusalFor(unit, load);
  if (refusal === undefined) settleOn(pass, unit, id);
  return refusal;
}

function settleOn(pass: Pass, unit: Candidate, id: MachineId): void {
  const savepoint = pass.draft.savepoint();
  if (!unit.global) leaveGoneMachines(pass, unit.name);
  pass.draft.put(unit.name, id, entryOf(pass.cluster, unit.name));
  pass.draft.keepFrom(savepoint);
}

/** A unit that waits can only have entries on machines that are gone. */
function leaveGoneMachines(pass: Pass, name: UnitName): void {
  for (const id of [...pass.cluster.placementsOf(name).keys()].toSorted()) {
    pass.draft.remove(name, id);
    noteCause(pass, name, id, { kind: "machine-gone" });
  }
}

/** Whether conflicts keep the unit out for certain: found without working out all the facts. */
function isBarred(cluster: Cluster, unit: Candidate, id: MachineId): boolean {
  return isEmpty(unit.replaces) && cluster.loadOf(id).units.hasConflict(unit);
}

/** The machines that are worth asking, or undefined for all that are present. */
function machinesInQuestion(
  cluster: Cluster,
  unit: Candidate,
  scope: Scope,
): readonly MachineId[] | undefined {
  const among = (ids: Iterable<MachineId>): readonly MachineId[] =>
    [...ids].filter((id) => covers(scope, id) && cluster.machines.isPresent(id));
  if (unit.machineId !== undefined) return among(cluster.machines.called(unit.machineId));
  const [peer] = unit.peers;
  if (peer !== undefined) return among(cluster.placementsOf(peer as UnitName).keys());
  if (scope !== "anywhere") return among(scope);
  const fitting = cluster.fitting.withFirstOf(unit.metadata);
  return fitting !== undefined && fitting.length < FEW_MACHINES ? fitting : undefined;
}

function byLoad(cluster: Cluster, ids: readonly MachineId[]): readonly MachineId[] {
  return ids.toSorted((a, b) => {
    const difference = cluster.loadOf(a).size - cluster.loadOf(b).size;
    return difference === 0 ? (a < b ? -1 : 1) : difference;
  });
}
