import { UnitIndex, type Candidate, type MachineId, type UnitName } from "@fleet/core";
import type { LeavingUnit } from "@fleet/registry";

const NOWHERE: ReadonlyMap<MachineId, LeavingUnit> = new Map();

/** Units that were moved off machines where they may still run, and which of them to look at. */
export class LeavingBook {
  readonly #byUnit = new Map<UnitName, Map<MachineId, LeavingUnit>>();
  readonly #byMachine = new Map<MachineId, UnitIndex>();
  readonly #touched = new Set<UnitName>();

  /** The machines that the unit is leaving. */
  of(unit: UnitName): ReadonlyMap<MachineId, LeavingUnit> {
    return this.#byUnit.get(unit) ?? NOWHERE;
  }

  /** Every copy that is left somewhere. */
  *copies(): Iterable<LeavingUnit> {
    for (const machines of this.#byUnit.values()) yield* machines.values();
  }

  /** The longest that the files of the unit's copies let their machines be silent; undefined when none says so. */
  moveAfterMs(unit: UnitName): number | undefined {
    const times = [...this.of(unit).keys()].flatMap(
      (machine) => this.on(machine)?.get(unit)?.moveAfterMs ?? [],
    );
    return times.length === 0 ? undefined : Math.max(...times);
  }

  /** The units that are leaving the machine. */
  on(
    machine: MachineId,
  ):
    | Pick<UnitIndex, "get" | "candidates" | "conflictsOf" | "replacedBy" | "replacersOf">
    | undefined {
    return this.#byMachine.get(machine);
  }

  /** Puts a copy, in place of what was known of it. */
  set(leaving: LeavingUnit, candidate: Candidate): void {
    const { unit, machine } = leaving;
    const machines = this.#byUnit.get(unit) ?? new Map<MachineId, LeavingUnit>();
    this.#byUnit.set(unit, machines.set(machine, leaving));
    const units = this.#byMachine.get(machine) ?? new UnitIndex();
    units.add(candidate);
    this.#byMachine.set(machine, units);
    this.#touched.add(unit);
  }

  remove(unit: UnitName, machine: MachineId): void {
    const machines = this.#byUnit.get(unit);
    if (machines?.delete(machine) && machines.size === 0) this.#byUnit.delete(unit);
    const units = this.#byMachine.get(machine);
    units?.remove(unit);
    if (units?.size === 0) this.#byMachine.delete(machine);
    this.#touched.add(unit);
  }

  /** Something changed on which it depends how long the unit's copies stay. */
  touch(unit: UnitName): void {
    if (this.#byUnit.has(unit)) this.#touched.add(unit);
  }

  touchAllOn(machine: MachineId): void {
    for (const { name } of this.#byMachine.get(machine)?.candidates() ?? []) this.touch(name);
  }

  touchAll(): void {
    for (const unit of this.#byUnit.keys()) this.#touched.add(unit);
  }

  /** The units of which nothing has changed since the last taking, by name. */
  untouched(): readonly UnitName[] {
    return [...this.#byUnit.keys()].filter((unit) => !this.#touched.has(unit)).toSorted();
  }

  /** The units that were touched since the last taking, by name. */
  takeTouched(): readonly UnitName[] {
    const touched = [...this.#touched].toSorted();
    this.#touched.clear();
    return touched;
  }
}
