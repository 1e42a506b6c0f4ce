import type { MachineId, UnitHash, UnitName } from "@fleet/core";
import type { UnreadableEntry } from "@fleet/registry";

/** Values in the registry that cannot be read, until they are written anew or removed. */
export class UnreadableBook {
  readonly #byKey = new Map<string, UnreadableEntry>();

  get size(): number {
    return this.#byKey.size;
  }

  /** What speaks of nothing that there can be is in nobody's way, and nothing would tell of its end. */
  add(entry: UnreadableEntry): void {
    const { unit, machine, hash } = entry;
    if (unit === undefined && machine === undefined && hash === undefined) return;
    this.#byKey.set(entry.key, entry);
  }

  /** Whether any value that speaks of this unit cannot be read. */
  namesUnit(name: UnitName): boolean {
    return this.#some((entry) => entry.unit === name);
  }

  /** Whether the machine's own record cannot be read. */
  namesMachine(id: MachineId): boolean {
    return this.#some((entry) => entry.unit === undefined && entry.machine === id);
  }

  /** The unit's record can be read again, or is gone. */
  unitHealed(name: UnitName): void {
    this.#drop((entry) => entry.unit === name && entry.machine === undefined);
  }

  assignmentHealed(name: UnitName, id: MachineId): void {
    this.#drop((entry) => entry.unit === name && entry.machine === id);
  }

  machineHealed(id: MachineId): void {
    this.#drop((entry) => entry.unit === undefined && entry.machine === id);
  }

  fileHealed(hash: UnitHash): void {
    this.#drop((entry) => entry.hash === hash);
  }

  #some(matches: (entry: UnreadableEntry) => boolean): boolean {
    if (this.#byKey.size === 0) return false;
    return [...this.#byKey.values()].some(matches);
  }

  #drop(matches: (entry: UnreadableEntry) => boolean): void {
    for (const entry of this.#byKey.values()) if (matches(entry)) this.#byKey.delete(entry.key);
  }
}
