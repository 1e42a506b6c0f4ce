import type { MachineId, Refusal, UnitName } from "@fleet/core";
import type { Cluster } from "./model/cluster.ts";
import { refusalsOf } from "./plan/refusals.ts";

type Refusals = ReadonlyMap<MachineId, Refusal>;

/**
 * The units that are wanted and run nowhere, by name, each with every present machine's reason.
 * Reasons are found when they are asked for, from the cluster as it is then: keeping them for each
 * unit and machine would cost more than the cluster itself.
 */
export class WaitingUnits implements ReadonlyMap<UnitName, Refusals> {
  readonly #cluster: Cluster;
  readonly #names: ReadonlySet<UnitName>;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const globals = [...cluster.units.globals.candidates()].filter(
      ({ name }) => cluster.placementsOf(name).size === 0,
    );
    const all = [...cluster.waiting.candidates(), ...globals];
    this.#names = new Set(all.map(({ name }) => name).toSorted());
  }

  get size(): number {
    return this.#names.size;
  }

  has(name: UnitName): boolean {
    return this.#names.has(name);
  }

  get(name: UnitName): Refusals | undefined {
    return this.has(name) ? refusalsOf(this.#cluster, name) : undefined;
  }

  keys(): MapIterator<UnitName> {
    return this.#names.keys();
  }

  *values(): MapIterator<Refusals> {
    for (const name of this.#names) yield refusalsOf(this.#cluster, name);
  }

  *entries(): MapIterator<[UnitName, Refusals]> {
    for (const name of this.#names) yield [name, refusalsOf(this.#cluster, name)];
  }

  [Symbol.iterator](): MapIterator<[UnitName, Refusals]> {
    return this.entries();
  }

  forEach(each: (refusals: Refusals, name: UnitName, all: this) => void): void {
    for (const [name, refusals] of this.entries()) each(refusals, name, this);
  }
}
