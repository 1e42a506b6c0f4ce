import {
  firstMatch,
  refusalFor,
  type Candidate,
  type MachineId,
  type Match,
  type Refusal,
  type UnitName,
} from "@fleet/core";
import type { Scope } from "../model/marks.ts";
import { partCircular } from "./circular.ts";
import { companyOf, partsOf } from "./company.ts";
import { entryOf, leave, noteCause, type Pass } from "./pass.ts";

/**
 * Places `unit` where units are that it replaces: they go elsewhere first, with all that follow
 * them. Where they cannot, `unit` does not come here, and nothing has changed. What moves displaces
 * nothing in turn, so that one placement never sets off another.
 */
export function displaceAndEnter(
  pass: Pass,
  unit: Candidate,
  id: MachineId,
  replaced: readonly Match[],
): Refusal | undefined {
  const { cluster, draft } = pass;
  const savepoint = draft.savepoint();
  const elsewhere = [...cluster.placementsOf(unit.name).keys()];
  const company = companyOf(
    cluster,
    replaced.map((match) => match.with),
    id,
  );
  for (const name of company) draft.remove(name, id);
  let refusal = refusalFor(unit, cluster.loadOf(id));
  if (refusal === undefined) {
    for (const gone of elsewhere) draft.remove(unit.name, gone);
    draft.put(unit.name, id, entryOf(cluster, unit.name));
    if (!rehome(pass, company)) refusal = immovable(replaced);
  }
  if (refusal !== undefined) {
    draft.undoTo(savepoint);
    return refusal;
  }
  for (const gone of elsewhere) noteCause(pass, unit.name, gone, { kind: "machine-gone" });
  for (const name of company) noteCause(pass, name, id, { kind: "displaced", by: unit.name });
  draft.keepFrom(savepoint);
  return undefined;
}

/**
 * Parts units that are on one machine although one replaces the other: the replaced one moves, and
 * if it cannot, the other one leaves. Where each replaces the other, one of them leaves altogether.
 */
export function partReplaced(pass: Pass, name: UnitName, scope: Scope): void {
  partCircular(pass, name);
  const machines = scope === "anywhere" ? pass.cluster.placementsOf(name).keys() : scope;
  for (const id of [...machines].toSorted()) {
    while (pass.cluster.placementsOf(name).has(id) && partOnce(pass, name, id));
  }
}

/** Whether one unit left the machine. */
function partOnce(pass: Pass, name: UnitName, id: MachineId): boolean {
  const { cluster, draft } = pass;
  const load = cluster.loadOf(id);
  const unit = load.units.get(name);
  const match = unit && firstMatch(load.units.replacersOf(unit));
  if (match === undefined || !cluster.machines.isPresent(id)) return false;
  const savepoint = draft.savepoint();
  const company = companyOf(cluster, [name], id);
  if (!company.includes(match.with)) {
    for (const member of company) draft.remove(member, id);
    if (rehome(pass, company)) {
      for (const member of company)
        noteCause(pass, member, id, { kind: "displaced", by: match.with });
      draft.keepFrom(savepoint);
      return true;
    }
    draft.undoTo(savepoint);
  }
  if (cluster.units.isFrozen(match.with)) return false;
  const { pattern } = match;
  const refusal: Refusal = { rule: "replaces", with: name, pattern, why: "immovable" };
  leave(pass, match.with, id, { kind: "refused", refusal });
  return true;
}

/**
 * Finds machines for units just taken off one; false when any part has none. They do not come back
 * to where what replaces them is: the rules see to that.
 */
function rehome(pass: Pass, company: readonly UnitName[]): boolean {
  const { cluster } = pass;
  const movable = company.every(
    (name) => cluster.units.isWanted(name) && !cluster.units.candidate(name)?.global,
  );
  if (!movable) return false;
  return partsOf(cluster, company).every(
    (part) => cluster.order.first((id) => moveTo(pass, part, id)) !== undefined,
  );
}

/** Places all of `part` on one machine, peers before followers; nothing when one is refused. */
function moveTo(pass: Pass, part: readonly UnitName[], id: MachineId): boolean {
  const { draft } = pass;
  const savepoint = draft.savepoint();
  let left = part;
  for (;;) {
    const refused = left.filter((name) => !moveOne(pass, name, id));
    if (refused.length === 0) return true;
    if (refused.length === left.length) break;
    left = refused;
  }
  draft.undoTo(savepoint);
  return false;
}

function moveOne(pass: Pass, name: UnitName, id: MachineId): boolean {
  const unit = pass.cluster.units.candidate(name);
  const load = pass.cluster.loadOf(id);
  if (unit === undefined || load.units.replacedBy(unit).length > 0) return false;
  if (refusalFor(unit, load) !== undefined) return false;
  pass.draft.put(name, id, entryOf(pass.cluster, name));
  return true;
}

function immovable(replaced: readonly Match[]): Refusal | undefined {
  const first = firstMatch(replaced);
  return first && { rule: "replaces", with: first.with, pattern: first.pattern, why: "immovable" };
}
