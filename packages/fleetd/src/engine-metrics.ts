import type { EngineObserver } from "@fleet/engine";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

import type { PaceMetrics } from "./pace-metrics.ts";

/** fleet's own words for what the engine does: a move on the spot is a new attempt to schedule. */
const TASK_TYPES = {
  assign: "attemptscheduleunit",
  update: "attemptscheduleunit",
  unassign: "unscheduleunit",
  leave: "unscheduleunit",
  "end-leaving": "unscheduleunit",
} as const;
const SETBACK_TYPES = {
  "machine-gone": "machine_away",
  refused: "run",
  waiting: "schedule",
} as const;
const MS_PER_SECOND = 1000;

/** What the engine does, as fleet 1.0.0 documents it, and what it holds and cannot read. */
export function engineMetrics(
  registers: Registry[],
): Omit<EngineObserver, keyof PaceMetrics["engine"]> {
  const leaderSince = gauge(
    "fleet_engine_leader_start_time",
    "Unix time in seconds since when this machine leads; 0 while it does not.",
  );
  const passes = new Counter({
    name: "fleet_engine_reconcile_count_total",
    help: "Passes of the engine.",
    registers,
  });
  const passSeconds = new Histogram({
    name: "fleet_engine_reconcile_duration_second",
    help: "How long a pass of the engine took, its writes included.",
    registers,
  });
  const setbacks = counter(
    "fleet_engine_reconcile_failure_count_total",
    "What a pass could not leave as it was.",
  );
  const held = gauge(
    "fleet_engine_held_machines",
    "Machines lost together with so many that none of their units moves.",
  );
  const kept = gauge(
    "fleet_engine_kept_units",
    "Units that failed, ended or were skipped where they were moved to, and so stay where they were.",
  );
  const unreadable = gauge(
    "fleet_engine_unreadable_values",
    "Values in etcd that the leading engine cannot read: what they speak of is left as it is.",
  );
  const tasks = counter(
    "fleet_engine_task_count_total",
    "Changes of the schedule that were written.",
  );
  const failed = counter("fleet_engine_task_failure_count_total", "Changes that were not written.");
  return {
    leading: (sinceMs) => leaderSince.set((sinceMs ?? 0) / MS_PER_SECOND),
    passDone: (durationMs) => {
      passes.inc();
      passSeconds.observe(durationMs / MS_PER_SECOND);
    },
    taskDone: (kind) => tasks.inc({ type: TASK_TYPES[kind] }),
    taskFailed: (kind) => failed.inc({ type: TASK_TYPES[kind] }),
    setback: (kind) => setbacks.inc({ type: SETBACK_TYPES[kind] }),
    held: (machines) => held.set(machines),
    kept: (units) => kept.set(units),
    unreadable: (values) => unreadable.set(values),
  };

  function gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers });
  }

  function counter(name: string, help: string): Counter<"type"> {
    return new Counter({ name, help, labelNames: ["type"], registers });
  }
}
