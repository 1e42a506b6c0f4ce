import type { MachineId, UnitName } from "@fleet/core";
import type { Assignment, ClusterChange, ClusterSnapshot, ScheduleEntry } from "@fleet/registry";
import type { Decision } from "../src/plan/decision.ts";
import { snapshotOf, unitName, type ScenarioMachine, type ScenarioUnit } from "./scenario.ts";

/** What happens to a cluster from outside. */
export type WorldEvent =
  | { readonly kind: "machine"; readonly machine: ScenarioMachine }
  | { readonly kind: "machine-gone"; readonly id: string }
  | { readonly kind: "unit"; readonly unit: ScenarioUnit }
  | { readonly kind: "state"; readonly name: string; readonly state: ScenarioUnit["state"] }
  | { readonly kind: "destroy"; readonly name: string }
  | { readonly kind: "hour-passes" }
  /** Somebody other than the engine wrote or removed an entry. */
  | { readonly kind: "entry"; readonly name: string; readonly id: string; readonly there: boolean };

const HOUR_MS = 3_600_000;

/**
 * The registry's content as a value: events and decisions change it, snapshots are taken of it. Whatever is away
 * has been so since the beginning: of no other time would a model know that is made anew.
 */
export class World {
  readonly #machines = new Map<string, ScenarioMachine>();
  readonly #units = new Map<string, ScenarioUnit>();
  readonly #entries = new Map<string, Assignment>();
  #version = 0;
  /** Since the beginning. */
  nowMs = 0;

  happen(event: WorldEvent): void {
    switch (event.kind) {
      case "machine":
        return void this.#machines.set(event.machine.id, event.machine);
      case "machine-gone":
        return void this.#machines.delete(event.id);
      case "unit":
        this.#version += 1;
        return void this.#units.set(event.unit.name, { ...event.unit, version: this.#version });
      case "state": {
        const unit = this.#units.get(event.name);
        if (unit) this.#units.set(event.name, { ...unit, state: event.state });
        return undefined;
      }
      case "destroy":
        return void this.#units.delete(event.name);
      case "hour-passes":
        return void (this.nowMs += HOUR_MS);
      case "entry": {
        const unit = this.snapshot().units.find(({ name }) => name === unitName(event.name));
        if (!event.there) this.#entries.delete(keyOf(unitName(event.name), event.id));
        else if (unit !== undefined && unit.targetState !== "inactive") {
          const { name, hash, targetState } = unit;
          this.#put(event.id as MachineId, { unit: name, hash, targetState });
        }
      }
    }
  }

  carryOut(decision: Decision): void {
    switch (decision.kind) {
      case "assign":
        return this.#put(decision.to, decision.entry);
      case "update":
        return this.#put(decision.on, decision.entry);
      case "unassign":
        return void this.#entries.delete(keyOf(decision.unit, decision.from));
      // Only a hand-over makes these of a plan's decisions, and what is carried out here is the plan.
      case "leave":
      case "end-leaving":
      case "wait":
      case "postpone":
        return undefined;
    }
  }

  snapshot(): ClusterSnapshot {
    const units = [...this.#units.values()];
    return {
      ...snapshotOf({ machines: [...this.#machines.values()], units }),
      assignments: [...this.#entries.values()],
    };
  }

  #put(machine: MachineId, entry: ScheduleEntry): void {
    this.#entries.set(keyOf(entry.unit, machine), { machine, entry });
  }
}

/** The changes that lead from one snapshot to another: files first, as they are stored. */
export function changesBetween(before: ClusterSnapshot, after: ClusterSnapshot): ClusterChange[] {
  return [
    ...differing(before.files, after.files, (file) => file.hash).map(
      ({ key, value }): ClusterChange => ({ kind: "file", hash: key, file: value }),
    ),
    ...differing(before.units, after.units, (unit) => unit.name).map(
      ({ key, value }): ClusterChange => ({ kind: "unit", name: key, unit: value }),
    ),
    ...differing(before.machines, after.machines, (machine) => machine.id).map(
      ({ key, value }): ClusterChange => ({ kind: "machine", id: key, machine: value }),
    ),
    ...assignmentChanges(before.assignments, after.assignments),
  ];
}

function assignmentChanges(
  before: readonly Assignment[],
  after: readonly Assignment[],
): ClusterChange[] {
  const keyOfOne = ({ entry, machine }: Assignment): string => keyOf(entry.unit, machine);
  const byKey = new Map([...before, ...after].map((one) => [keyOfOne(one), one]));
  return differing(before, after, keyOfOne).flatMap(({ key, value }): ClusterChange[] => {
    const known = byKey.get(key);
    if (known === undefined) return [];
    const { machine, entry } = known;
    return [{ kind: "assignment", unit: entry.unit, machine, entry: value?.entry }];
  });
}

function differing<K, V>(
  before: readonly V[],
  after: readonly V[],
  keyOfOne: (value: V) => K,
): { readonly key: K; readonly value: V | undefined }[] {
  const old = new Map(before.map((value) => [keyOfOne(value), value]));
  const now = new Map(after.map((value) => [keyOfOne(value), value]));
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((key) => ({ key, value: now.get(key) }))
    .filter(({ key, value }) => asText(old.get(key)) !== asText(value));
}

function asText(value: unknown): string | undefined {
  return JSON.stringify(value, (_, part: unknown) => (part instanceof Map ? [...part] : part));
}

function keyOf(unit: UnitName, machine: string): string {
  return `${unit}\n${machine}`;
}
