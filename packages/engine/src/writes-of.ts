import { unreachable, type MachineId, type UnitName } from "@fleet/core";
import type { EngineWrite, PlacementWrite } from "@fleet/registry";
import type { Cluster } from "./model/cluster.ts";
import type { Task } from "./plan/decision.ts";
import { leavingOf } from "./plan/hand-over.ts";

/**
 * Tasks as the registry takes them. What follows from a machine's absence is written only while it lasts: a machine that has
 * just come back would start what others are about to start as well.
 */
export function writesOf(cluster: Cluster, tasks: readonly Task[]): readonly EngineWrite[] {
  const gone = new Map<UnitName, MachineId>();
  for (const task of tasks) {
    const isLeft = task.kind === "unassign" || task.kind === "leave";
    if (isLeft && task.cause?.kind === "machine-gone") gone.set(task.unit, task.from);
  }
  return tasks.map((task) => {
    const write = writeOf(cluster, task);
    const machine = gone.get(task.unit);
    return machine === undefined ? write : { kind: "while-gone", machine, write };
  });
}

function writeOf(cluster: Cluster, task: Task): PlacementWrite {
  switch (task.kind) {
    case "assign": {
      const kind = cluster.leaving.of(task.unit).has(task.to) ? "take-back" : "assign";
      return { kind, machine: task.to, entry: task.entry };
    }
    case "update":
      return { kind: "assign", machine: task.on, entry: task.entry };
    case "unassign":
      return { kind: "unassign", machine: task.from, unit: task.unit };
    case "leave":
      return { kind: "leave", leaving: leavingOf(task) };
    case "end-leaving":
      return { kind: "end-leaving", machine: task.from, unit: task.unit };
    default:
      return unreachable(task);
  }
}
