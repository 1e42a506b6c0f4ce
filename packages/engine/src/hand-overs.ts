import type { MachineId, UnitName } from "@fleet/core";
import type { EngineRegistry, LeavingUnit } from "@fleet/registry";
import type { Feed } from "./feed.ts";
import type { Cluster } from "./model/cluster.ts";
import type { Task } from "./plan/decision.ts";
import { copyInCircle } from "./plan/in-the-way.ts";
import { releases, stayOf, type Fate } from "./plan/settle-leaving.ts";
import type { Report } from "./report.ts";
import { WatchedStates } from "./watched-states.ts";

export interface HandOversDeps {
  readonly registry: Pick<EngineRegistry, "watchState">;
  readonly feed: Feed;
  readonly report: Report;
}

/** Brings moves to their end: sees to it that what a unit left behind goes once it may. */
export class HandOvers {
  readonly #cluster: Cluster;
  readonly #states: WatchedStates;
  readonly #report: Report;

  /** Follows states until `signal` aborts. */
  constructor(cluster: Cluster, { registry, feed, report }: HandOversDeps, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#report = report;
    const news = (unit: UnitName): void => {
      cluster.leaving.touch(unit);
      feed.news.set();
    };
    this.#states = new WatchedStates(registry, { news, error: (error) => feed.end(error) }, signal);
  }

  /** What to write now; when it is written there may be more. */
  due(): readonly Task[] {
    const touched = this.#cluster.leaving.takeTouched();
    const tasks = touched.flatMap((unit) => this.#tasksOf(unit));
    if (tasks.length > 0) return tasks;
    const released = releases(this.#cluster);
    return released.length > 0 ? released : this.#endOfCircle();
  }

  /** What is to be written though no change has announced it: on a sound model nothing. */
  overdue(): readonly Task[] {
    return this.#cluster.leaving.untouched().flatMap((unit) => this.#tasksOf(unit));
  }

  /** To be called now and then, for moves that wait until others are through. */
  takeTurns(): void {
    this.#states.takeTurns();
  }

  #endOfCircle(): readonly Task[] {
    const copy = copyInCircle(this.#cluster);
    return copy === undefined ? [] : [taskOf(copy, "stop")];
  }

  #tasksOf(unit: UnitName): readonly Task[] {
    const tasks: Task[] = [];
    const toFollow = new Set<MachineId>();
    const kept: MachineId[] = [];
    let fate: Fate | undefined;
    for (const copy of this.#cluster.leaving.of(unit).values()) {
      const stay = stayOf(this.#cluster, copy, (...of) => this.#states.stateOf(...of));
      if (stay.kind !== "wait") {
        tasks.push(taskOf(copy, stay.kind));
        continue;
      }
      for (const machine of stay.machines) toFollow.add(machine);
      if (stay.fate === undefined) continue;
      fate = stay.fate;
      kept.push(copy.machine);
    }
    this.#report.keeps(unit, fate, kept.toSorted());
    this.#states.follow(unit, [...toFollow]);
    return tasks;
  }
}

function taskOf({ unit, machine, hash }: LeavingUnit, kind: "end" | "stop"): Task {
  const of = { unit, from: machine };
  if (kind === "end") return { kind: "end-leaving", ...of };
  return { kind: "leave", ...of, hash, step: "stop", cause: undefined };
}
