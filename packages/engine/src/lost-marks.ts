import type { MachineId, UnitName } from "@fleet/core";
import type { ClusterChange, EngineRegistry, LeavingUnit } from "@fleet/registry";
import type { Cluster } from "./model/cluster.ts";

type Owner = Pick<LeavingUnit, "unit" | "machine">;

/**
 * Marks in `leaving/` that somebody else removed or broke. What they said stands in the machines' work lists, too, and would
 * stay there for ever, with the unit running unseen: so the marks are put back from there.
 */
export class LostMarks {
  readonly #suspects = new Map<string, Owner>();
  /** Nobody tells a leader what was lost before it came: it asks for that, once. */
  #hasAskedForAll = false;

  /** Takes in a change that is none of the leader's own. */
  note(change: ClusterChange): void {
    if (change.kind === "unreadable") this.#suspect(change.entry.leaving);
    if (change.kind === "leaving" && change.leaving === undefined) this.#suspect(change);
  }

  /** Whether marks may have been lost. */
  get any(): boolean {
    return this.#suspects.size > 0 || !this.#hasAskedForAll;
  }

  /** @throws {FleetError} when the work lists cannot be read. */
  async find(
    cluster: Cluster,
    registry: Pick<EngineRegistry, "leavingEntries">,
    signal: AbortSignal,
  ): Promise<readonly LeavingUnit[]> {
    const asked = this.#hasAskedForAll ? [...this.#suspects.values()] : "all";
    const found = await registry.leavingEntries(asked, signal);
    return found.filter((copy) => this.#isLost(cluster, copy));
  }

  /** All that was found has been written. */
  restored(): void {
    this.#suspects.clear();
    this.#hasAskedForAll = true;
  }

  #isLost(cluster: Cluster, { unit, machine }: Owner): boolean {
    if (cluster.placementsOf(unit).has(machine)) return false;
    return !cluster.leaving.of(unit).has(machine) || this.#suspects.has(keyOf(unit, machine));
  }

  #suspect(owner: Owner | undefined): void {
    if (owner === undefined) return;
    const { unit, machine } = owner;
    this.#suspects.set(keyOf(unit, machine), { unit, machine });
  }
}

function keyOf(unit: UnitName, machine: MachineId): string {
  return `${unit}\n${machine}`;
}
