import { isEmpty, type MachineId, type UnitName } from "@fleet/core";
import type { Cluster } from "../model/cluster.ts";
import type { Dirty, Marks } from "../model/marks.ts";
import { Agenda } from "./agenda.ts";
import { rankOf } from "./rank.ts";

/** What a pass still has to look at. Decisions mark more, until nothing is left. */
export class Work implements Marks {
  /** Units that may have to leave where they are. */
  readonly checks: Agenda;
  /** Units that stand where a unit is that replaces them. */
  readonly replaced = new Agenda();
  /** Global units that may come to more machines. */
  readonly globals = new Agenda();
  /** Waiting units that may find a machine. */
  readonly newcomers = new Agenda();
  readonly #replacers = new Agenda();
  readonly #cluster: Cluster;
  #retryReplacers = false;

  constructor(cluster: Cluster, dirty: Dirty) {
    this.#cluster = cluster;
    this.checks = new Agenda((name) => rankOf(cluster, name));
    if (dirty.everything) this.#addEverything();
    for (const id of dirty.machines) this.#addMachine(id);
    for (const [name, scope] of dirty.checks.entries()) {
      for (const id of scope === "anywhere" ? [scope] : scope) this.check(name, id);
    }
    for (const [name, scope] of dirty.entries.entries()) {
      for (const id of scope === "anywhere" ? [scope] : scope) this.enter(name, id);
    }
    if (dirty.replacers) this.retryReplacers();
  }

  check(unit: UnitName, machine: MachineId | "anywhere"): void {
    if (this.#cluster.placementsOf(unit).size > 0) this.checks.add(unit, machine);
  }

  enter(unit: UnitName, machine: MachineId | "anywhere"): void {
    const waiting = this.#cluster.waiting.get(unit);
    if (waiting !== undefined) {
      (isEmpty(waiting.replaces) ? this.newcomers : this.#replacers).add(unit, machine);
    } else if (this.#cluster.units.globals.has(unit)) this.globals.add(unit, machine);
  }

  retryReplacers(): void {
    this.#retryReplacers = true;
  }

  /**
   * Waiting units that replace others. They come last, and again after every change, because what
   * they may displace depends on all others.
   */
  replacers(): Agenda {
    if (this.#retryReplacers) {
      this.#retryReplacers = false;
      for (const { name } of this.#cluster.units.replacers.candidates()) {
        if (this.#cluster.waiting.has(name)) this.#replacers.add(name, "anywhere");
      }
    }
    return this.#replacers;
  }

  #addEverything(): void {
    for (const name of this.#cluster.placedNames()) this.check(name, "anywhere");
    for (const { name } of this.#cluster.waiting.candidates()) this.enter(name, "anywhere");
    for (const { name } of this.#cluster.units.globals.candidates()) this.enter(name, "anywhere");
  }

  #addMachine(id: MachineId): void {
    for (const { name } of this.#cluster.loadOf(id).units.candidates()) this.check(name, id);
    this.retryReplacers();
    if (!this.#cluster.machines.isPresent(id)) return;
    for (const { name } of this.#cluster.waiting.candidates()) this.enter(name, id);
    for (const { name } of this.#cluster.units.globals.candidates()) this.enter(name, id);
  }
}
