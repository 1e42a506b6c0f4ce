import { assert } from "../assert.ts";
import type { MachineId } from "../machine.ts";

/**
 * Machines in the order in which placement tries them: fewest units first, then lowest ID, by
 * bytes. Kept up to date unit by unit instead of being sorted for each.
 */
export class LoadOrder {
  /** Place n holds the machines with n units, by ID. */
  readonly #bySize: MachineId[][] = [];

  add(id: MachineId, size: number): void {
    while (this.#bySize.length <= size) this.#bySize.push([]);
    const machines = this.#bySize[size] ?? [];
    machines.splice(positionOf(id, machines), 0, id);
  }

  /** `size` must be the one that the machine was added or moved with. */
  remove(id: MachineId, size: number): void {
    const machines = this.#bySize[size] ?? [];
    const position = positionOf(id, machines);
    assert(machines[position] === id, `machine ${id} stands among those with ${size} units`);
    machines.splice(position, 1);
  }

  /** The first machine that `accepts`. What it changes, it must have changed back. */
  first(accepts: (id: MachineId) => boolean): MachineId | undefined {
    for (const machines of this.#bySize) {
      for (const id of machines) if (accepts(id)) return id;
    }
    return undefined;
  }
}

/** Where `id` stands in a list of IDs in order, or where it would. */
function positionOf(id: MachineId, ids: readonly MachineId[]): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = ids[middle];
    if (there !== undefined && there < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
