import { unreachable, type Logger, type MachineId, type UnitName } from "@fleet/core";
import type { Cluster } from "./model/cluster.ts";
import type { EngineObserver } from "./observer.ts";
import { reasonOf, type Decision, type Task, type UnassignCause } from "./plan/decision.ts";
import type { Fate } from "./plan/settle-leaving.ts";

const FATES: Readonly<Record<Fate, string>> = {
  failed: "failed where it moved to",
  ended: "ended without a failure where it moved to",
  skipped: "was skipped where it moved to, for a condition in its file",
};

/** Says what the engine does, in fleet's words where scripts match them. */
export class Report {
  readonly #log: Logger;
  readonly #observer: EngineObserver;
  /** Units whose waiting was told: it is told again only after they ran or after an audit. */
  readonly #waiting = new Set<UnitName>();
  #undecided = "";
  /** Units that are not active where they moved to, and why they stay where. */
  readonly #kept = new Map<UnitName, string>();

  #unreadable = 0;

  constructor(log: Logger, observer: EngineObserver) {
    this.#log = log;
    this.#observer = observer;
  }

  planned(cluster: Cluster, decisions: readonly Decision[]): void {
    for (const decision of decisions) {
      if (decision.kind === "wait") this.#waits(cluster, decision.unit);
      else if (decision.kind === "assign") this.#waiting.delete(decision.unit);
      const kind = causeOf(decision)?.kind;
      if (kind === "machine-gone" || kind === "refused") this.#observer.setback(kind);
    }
  }

  done(task: Task): void {
    const machine = machineOf(task);
    this.#log.info({ unit: task.unit, machine, reason: reasonOf(task) }, doneInWords(task));
    this.#observer.taskDone(task.kind);
    const kind = causeOf(task)?.kind;
    if (kind === undefined || kind === "destroyed" || kind === "target-inactive") return;
    if (kind !== "mark-lost") this.#observer.moved(kind);
  }

  /** What became of the unit where it was moved to, so that these machines keep their copies; undefined: nothing is amiss. */
  keeps(unit: UnitName, fate: Fate | undefined, machines: readonly MachineId[]): void {
    const before = this.#kept.get(unit);
    const now = fate && `${FATES[fate]}: it stays on ${machines.join(", ")}`;
    if (now === before) return;
    if (now === undefined) this.#kept.delete(unit);
    else this.#kept.set(unit, now);
    this.#observer.kept(this.#kept.size);
    if (now !== undefined) this.#log.warn({ unit, machines }, `Unit(${unit}) ${now}`);
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

function causeOf(decision: Decision): UnassignCause | undefined {
  return decision.kind === "unassign" || decision.kind === "leave" ? decision.cause : undefined;
}

function machineOf(task: Task): string {
  switch (task.kind) {
    case "assign":
      return task.to;
    case "update":
      return task.on;
    case "unassign":
    case "leave":
    case "end-leaving":
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
    case "leave":
      if (task.cause?.kind === "mark-lost") {
        return `Marked Unit(${task.unit}) as leaving Machine(${task.from}) again`;
      }
      return `Unscheduled Job(${task.unit}) from Machine(${task.from})`;
    case "unassign":
      return `Unscheduled Job(${task.unit}) from Machine(${task.from})`;
    case "end-leaving":
      return `Unit(${task.unit}) has left Machine(${task.from})`;
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
    case "leave":
    case "end-leaving":
      return `Failed unscheduling Unit(${task.unit}) from Machine(${task.from})`;
    default:
      return unreachable(task);
  }
}
