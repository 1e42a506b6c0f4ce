import type { MachineId } from "../machine.ts";
import type { UnitName } from "../unit/unit-name.ts";
import type { Candidate } from "./candidate.ts";
import { UnitIndex } from "./unit-index.ts";

/** One machine and the units placed on it, global ones included: what the rules are asked about. */
export class MachineLoad {
  readonly id: MachineId;
  readonly units = new UnitIndex();
  #metadata: ReadonlyMap<string, string>;

  constructor(id: MachineId, metadata: ReadonlyMap<string, string>) {
    this.id = id;
    this.#metadata = metadata;
  }

  /** Static metadata overridden by the dynamic keys. */
  get metadata(): ReadonlyMap<string, string> {
    return this.#metadata;
  }

  /** How many units are placed here: the load that placement balances. */
  get size(): number {
    return this.units.size;
  }

  describe(metadata: ReadonlyMap<string, string>): void {
    this.#metadata = metadata;
  }

  add(unit: Candidate): void {
    this.units.add(unit);
  }

  remove(name: UnitName): void {
    this.units.remove(name);
  }
}
