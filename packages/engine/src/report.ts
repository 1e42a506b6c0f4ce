import { unreachable, type Logger, type MachineId, type UnitName } from "@fleet/core";
import type { Cluster } from "./model/cluster.ts";
import type { EngineObserver } from "./observer.ts";
import { reasonOf, type Decision, type Task } from "./plan/decision.ts";

/** Says what the engine does, in fleet's words where scripts match them. */
export class Report {
  readonly #log: Logger;
  readonly #observer: EngineObserver;
  /** Units whose waiting was told: it is told again only after they ran or after an audit. */
  readonly #waiting = new Set<UnitName>();
  #undecided = "";
  #unreadable = 0;

  constructor(log: Logger, observer: EngineObserver) {
    this.#log = log;
    this.#observer = observer;
  }

  planned(cluster: Cluster, decisions: readonly Decision[]): void {
    for (const decision of decisions) {
      if (decision.kind === "wait") this.#waits(cluster, decision.unit);
      else if (decision.kind === "assign") this.#waiting.delete(decision.unit);
      if (decision.kind !== "unassign") continue;
      const { kind } = decision.cause;
      if (kind === "machine-gone" || kind === "refused") this.#observer.setback(kind);
    }
  }

  done(task: Task): void {
    const machine = machineOf(task);
    this.#log.info({ unit: task.unit, machine, reason: reasonOf(task) }, doneInWords(task));
    this.#observer.taskDone(task.kind);
    if (task.kind !== "unassign") return;
    const { kind } = task.cause;
    if (kind !== "destroyed" && kind !== "target-inactive") this.#observer.moved(kind);
  }

  failed(task: Task, err: Error): void {
    const machine = machineOf(task);
    this.#log.error({ unit: task.unit, machine, err }, `${failedInWords(task)}: ${err.message}`);
    this.#observer.taskFailed(task.kind);
  }

  placed(latencyMs: number): void {
    this.#observer.placed(latencyMs);
  }

  passDone(durationMs: number): void {
    this.#log.debug({ durationMs }, `Engine completed reconciliation in ${durationMs}ms`);
    this.#observer.passDone(durationMs);
  }

  /** An audit found so much to do that no change had announced: a fault of the engine's. */
  audited(missed: number): void {
    this.#waiting.clear();
    if (missed > 0) this.#log.warn({ missed }, "audit found work that no change had announced");
  }

  /** Machines whose units do not move from now on, or move again, since these are all. */
  held(machines: readonly MachineId[]): void {
    this.#observer.held(machines.length);
    const { length } = machines;
    if (length === 0) this.#log.info({}, "units of lost machines move again");
    else this.#log.error({ machines }, `${length} machines were lost together: no unit moves`);
  }

  /** How many values cannot be read now; the registry has named each. */
  unreadable(values: number): void {
    if (values === this.#unreadable) return;
    this.#unreadable = values;
    this.#observer.unreadable(values);
  }

  /** Machines are missed, and others may be silent as well: until that is known units stay. */
  undecided(machines: readonly MachineId[]): void {
    const text = machines.join();
    if (text !== this.#undecided && machines.length > 0) {
      this.#log.info({ machines }, "others may be silent, too: units of missed machines wait");
    }
    this.#undecided = text;
  }

  /** It is not known whether others are silent as well. */
  unasked(err: Error): void {
    this.#log.warn({ err }, `cannot tell who else is silent: ${err.message}`);
  }

  collected(count: number): void {
    this.#log.info({ count }, "collected what nothing refers to");
  }

  #waits(cluster: Cluster, unit: UnitName): void {
    if (this.#waiting.has(unit)) return;
    this.#waiting.add(unit);
    const anyMachine = cluster.order.first(() => true) !== undefined;
    const reason = anyMachine ? "no agents able to run job" : "zero agents available";
    this.#log.debug({ unit, reason }, `Unable to schedule Job(${unit}): ${reason}`);
    this.#observer.setback("waiting");
  }
}

function machineOf(task: Task): string {
  switch (task.kind) {
    case "assign":
      return task.to;
    case "update":
      return task.on;
    case "unassign":
      return task.from;
    default:
      return unreachable(task);
  }
}

function doneInWords(task: Task): string {
  switch (task.kind) {
    case "assign":
      return `Scheduled Unit(${task.unit}) to Machine(${task.to})`;
    case "update":
      return `Updated Unit(${task.unit}) on Machine(${task.on})`;
    case "unassign":
      return `Unscheduled Job(${task.unit}) from Machine(${task.from})`;
    default:
      return unreachable(task);
  }
}

function failedInWords(task: Task): string {
  switch (task.kind) {
    case "assign":
      return `Failed scheduling Unit(${task.unit}) to Machine(${task.to})`;
    case "update":
      return `Failed updating Unit(${task.unit}) on Machine(${task.on})`;
    case "unassign":
      return `Failed unscheduling Unit(${task.unit}) from Machine(${task.from})`;
    default:
      return unreachable(task);
  }
}
