import {
  shortMachineId,
  type Candidate,
  type MachineId,
  type UnitIndex,
  type UnitName,
} from "@fleet/core";
import type { LeavingUnit } from "@fleet/registry";
import type { Cluster } from "../model/cluster.ts";
import { arrivalOf } from "../model/placed.ts";

type Neighbours = Pick<UnitIndex, "conflictsOf" | "replacedBy" | "replacersOf">;

/**
 * What has to end before the unit may start on a machine, in words; undefined when nothing has:
 * units that are leaving it and may not run beside this one, and the unit's own copies elsewhere if
 * it must be stopped first.
 */
export function waitsFor(cluster: Cluster, unit: UnitName, machine: MachineId): string | undefined {
  const candidate = cluster.units.candidate(unit);
  if (candidate === undefined) return undefined;
  const copies = candidate.handover === "stop-first" ? copiesToStop(cluster, unit, machine) : [];
  const others = clashes(cluster.leaving.on(machine), candidate);
  const reasons = [
    ...copies.map((id) => `its copy on machine ${shortMachineId(id)} to stop`),
    ...others.map((name) => `${name} to leave this machine`),
  ];
  return reasons.length === 0 ? undefined : reasons.join(", ");
}

/** Whether something that is placed on its machine may not run beside a leaving unit. */
export function isInTheWay(cluster: Cluster, { unit, machine }: LeavingUnit): boolean {
  const candidate = cluster.leaving.on(machine)?.get(unit);
  return candidate !== undefined && clashes(cluster.loadOf(machine).units, candidate).length > 0;
}

/** What stays on the same machine of the units that a leaving one follows. */
export function keptPeers(cluster: Cluster, { unit, machine }: LeavingUnit): LeavingUnit[] {
  const peers = cluster.units.candidate(unit)?.peers ?? [];
  return peers.flatMap((peer) => {
    const copy = cluster.leaving.of(peer as UnitName).get(machine);
    return copy?.step === "keep" ? [copy] : [];
  });
}

/**
 * Where units that stay until they run elsewhere wait for each other in a circle: a copy that one of
 * them can go on without. Nothing else would ever end that.
 */
export function copyInCircle(cluster: Cluster): LeavingUnit | undefined {
  for (const unit of [...cluster.arriving].toSorted()) {
    for (const copy of cluster.leaving.of(unit).values()) {
      if (copy.step === "keep" && waitsForItself(cluster, copy)) return copy;
    }
  }
  return undefined;
}

/** Whether what has to leave before the unit can start waits in turn for this copy to leave. */
function waitsForItself(cluster: Cluster, copy: LeavingUnit): boolean {
  const ahead = new Set([copy.unit]);
  for (const unit of ahead) {
    const place = arrivesAt(cluster, unit);
    const candidate = cluster.units.candidate(unit);
    if (place === undefined || candidate === undefined) continue;
    for (const other of clashes(cluster.leaving.on(place), candidate)) {
      const inTheWay = cluster.leaving.of(other).get(place);
      if (inTheWay?.step !== "keep") continue;
      const staying = [inTheWay, ...keptPeers(cluster, inTheWay)];
      if (staying.includes(copy)) return true;
      for (const one of staying) ahead.add(one.unit);
    }
  }
  return false;
}

/** The machine on which the unit waits to be started. */
function arrivesAt(cluster: Cluster, unit: UnitName): MachineId | undefined {
  for (const [machine, placed] of cluster.placementsOf(unit)) {
    if (arrivalOf(placed) !== undefined && cluster.machines.isPresent(machine)) return machine;
  }
  return undefined;
}

function copiesToStop(cluster: Cluster, unit: UnitName, machine: MachineId): readonly MachineId[] {
  return [...cluster.leaving.of(unit).values()]
    .filter((copy) => copy.step === "stop" && copy.machine !== machine)
    .map((copy) => copy.machine)
    .toSorted();
}

/** The units among `neighbours` that may not run beside `unit`, in order. */
function clashes(neighbours: Neighbours | undefined, unit: Candidate): readonly UnitName[] {
  if (neighbours === undefined) return [];
  const matches = [
    ...neighbours.conflictsOf(unit),
    ...neighbours.replacedBy(unit),
    ...neighbours.replacersOf(unit),
  ];
  return [...new Set(matches.map((match) => match.with))].toSorted();
}
