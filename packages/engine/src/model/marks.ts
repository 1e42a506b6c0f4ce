import type { MachineId, UnitName } from "@fleet/core";

/** Machines that something is to be looked at on. */
export type Scope = ReadonlySet<MachineId> | "anywhere";

export function covers(scope: Scope, id: MachineId): boolean {
  return scope === "anywhere" || scope.has(id);
}

/** Where a change says what it may affect. Marking more than is affected costs time, nothing else. */
export interface Marks {
  /** Whether `unit` may stay on `machine`, or wherever it is. */
  check(unit: UnitName, machine: MachineId | "anywhere"): void;
  /** Whether `unit` may now be placed on `machine`, or anywhere. */
  enter(unit: UnitName, machine: MachineId | "anywhere"): void;
  /** Whether the waiting units that replace others may now be placed: any change may free a way. */
  retryReplacers(): void;
}

/** What has changed since the last plan. */
export class Dirty implements Marks {
  readonly checks = new Scopes();
  readonly entries = new Scopes();
  readonly machines = new Set<MachineId>();
  replacers = false;
  /** Set for a plan from scratch. */
  everything = false;

  get empty(): boolean {
    return (
      !this.everything &&
      !this.replacers &&
      this.machines.size === 0 &&
      this.checks.size === 0 &&
      this.entries.size === 0
    );
  }

  check(unit: UnitName, machine: MachineId | "anywhere"): void {
    this.checks.add(unit, machine);
  }

  enter(unit: UnitName, machine: MachineId | "anywhere"): void {
    this.entries.add(unit, machine);
  }

  /** The machine came, went or changed: all that is on it, and all that waits for one like it. */
  machine(id: MachineId): void {
    this.machines.add(id);
  }

  retryReplacers(): void {
    this.replacers = true;
  }
}

/** Everything that there is to plan. */
export function everythingDirty(): Dirty {
  const dirty = new Dirty();
  dirty.everything = true;
  return dirty;
}

/** The scope of each of some units; scopes of one unit are united. */
export class Scopes {
  readonly #byUnit = new Map<UnitName, Set<MachineId> | "anywhere">();

  get size(): number {
    return this.#byUnit.size;
  }

  has(unit: UnitName): boolean {
    return this.#byUnit.has(unit);
  }

  entries(): Iterable<readonly [UnitName, Scope]> {
    return this.#byUnit;
  }

  add(unit: UnitName, machine: MachineId | "anywhere"): void {
    const scope = this.#byUnit.get(unit);
    if (machine === "anywhere") this.#byUnit.set(unit, "anywhere");
    else if (scope === undefined) this.#byUnit.set(unit, new Set([machine]));
    else if (scope !== "anywhere") scope.add(machine);
  }

  /** Removes and returns a unit's scope. */
  take(unit: UnitName): Scope | undefined {
    const scope = this.#byUnit.get(unit);
    this.#byUnit.delete(unit);
    return scope;
  }
}
