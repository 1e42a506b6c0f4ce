import type { Candidate, MachineId, UnitName } from "@fleet/core";
import type { ScheduleEntry } from "@fleet/registry";
import { markArrival, markDeparture } from "../model/affected.ts";
import type { Cluster } from "../model/cluster.ts";
import type { Marks } from "../model/marks.ts";
import { isSameEntry, type Placed } from "../model/placed.ts";

interface Step {
  readonly unit: UnitName;
  readonly machine: MachineId;
  readonly before: Placed | undefined;
  readonly after: Placed | undefined;
  /** What the unit counted as before the step, where it was there. */
  readonly occupant: Candidate | undefined;
}

/** An entry that is not what it was when the draft began. */
export type Difference = Pick<Step, "unit" | "machine" | "before" | "after">;

/** Moves tried on the cluster itself, each noted so that it can be taken back. */
export class Draft {
  readonly #cluster: Cluster;
  readonly #marks: Marks;
  readonly #steps: Step[] = [];

  constructor(cluster: Cluster, marks: Marks) {
    this.#cluster = cluster;
    this.#marks = marks;
  }

  /** Where {@link undoTo} returns to. */
  savepoint(): number {
    return this.#steps.length;
  }

  put(unit: UnitName, machine: MachineId, entry: ScheduleEntry): void {
    this.#step(unit, machine, entry);
  }

  remove(unit: UnitName, machine: MachineId): void {
    this.#step(unit, machine, undefined);
  }

  undoTo(savepoint: number): void {
    for (let step = this.#pop(savepoint); step !== undefined; step = this.#pop(savepoint)) {
      this.#cluster.setPlacement(step.unit, step.machine, step.before);
    }
  }

  /** Marks what the steps since `savepoint` may affect, now that they are there to stay. */
  keepFrom(savepoint: number): void {
    for (const step of this.#steps.slice(savepoint)) {
      if (step.before === undefined) {
        markArrival(this.#cluster, step.unit, step.machine, this.#marks);
      } else if (step.after === undefined && step.occupant !== undefined) {
        markDeparture(this.#cluster, step.occupant, step.machine, this.#marks);
      }
    }
  }

  /** What all steps together come to; a unit that went and came back is not in it. */
  differences(): readonly Difference[] {
    const net = new Map<string, Difference>();
    for (const { unit, machine, before, after } of this.#steps) {
      const key = `${unit}\n${machine}`;
      const first = net.get(key);
      net.set(key, { unit, machine, before: first === undefined ? before : first.before, after });
    }
    return [...net.values()].filter(({ before, after }) => !isSameEntry(before, after));
  }

  #step(unit: UnitName, machine: MachineId, after: Placed | undefined): void {
    const before = this.#cluster.placementsOf(unit).get(machine);
    const occupant = this.#cluster.loadOf(machine).units.get(unit);
    this.#steps.push({ unit, machine, before, after, occupant });
    this.#cluster.setPlacement(unit, machine, after);
  }

  #pop(savepoint: number): Step | undefined {
    return this.#steps.length > savepoint ? this.#steps.pop() : undefined;
  }
}
