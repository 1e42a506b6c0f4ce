import type { DropRunnerDeps } from "@fleet/agent";
import type { EngineObserver } from "@fleet/engine";
import type { RegistryObserver } from "@fleet/registry";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

import { dropMetrics } from "./drop/drop-metrics.ts";
import { type PaceMetrics, paceMetrics } from "./pace-metrics.ts";
import { registryMetrics } from "./registry-metrics.ts";

export interface Metrics {
  readonly engine: EngineObserver;
  readonly registry: RegistryObserver;
  readonly agent: PaceMetrics["agent"];
  readonly drop: NonNullable<DropRunnerDeps["onCounts"]>;
  /** The page that `/metrics` answers. */
  readonly page: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** fleet's own words for what the engine does: a move on the spot is a new attempt to schedule. */
const TASK_TYPES = {
  assign: "attemptscheduleunit",
  update: "attemptscheduleunit",
  unassign: "unscheduleunit",
} as const;
const SETBACK_TYPES = {
  "machine-gone": "machine_away",
  refused: "run",
  waiting: "schedule",
} as const;
const MS_PER_SECOND = 1000;
/** As fleet 1.0.0 names it; prom-client would add a charset. */
const CONTENT_TYPE = "text/plain; version=0.0.4";

/** fleet 1.0.0's documented metrics, all of them registered and each counted once. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
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
  const unreadable = gauge(
    "fleet_engine_unreadable_values",
    "Values in etcd that the leading engine cannot read: what they speak of is left as it is.",
  );
  const tasks = counter(
    "fleet_engine_task_count_total",
    "Changes of the schedule that were written.",
  );
  const failed = counter("fleet_engine_task_failure_count_total", "Changes that were not written.");
  const pace = paceMetrics(registers);
  return {
    agent: pace.agent,
    engine: {
      ...pace.engine,
      leading: (sinceMs) => leaderSince.set((sinceMs ?? 0) / MS_PER_SECOND),
      passDone: (durationMs) => {
        passes.inc();
        passSeconds.observe(durationMs / MS_PER_SECOND);
      },
      taskDone: (kind) => tasks.inc({ type: TASK_TYPES[kind] }),
      taskFailed: (kind) => failed.inc({ type: TASK_TYPES[kind] }),
      setback: (kind) => setbacks.inc({ type: SETBACK_TYPES[kind] }),
      held: (machines) => held.set(machines),
      unreadable: (values) => unreadable.set(values),
    },
    registry: registryMetrics(registers),
    drop: dropMetrics(registers),
    page: async () => ({ contentType: CONTENT_TYPE, text: await registry.metrics() }),
  };

  function gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers });
  }

  function counter(name: string, help: string): Counter<"type"> {
    return new Counter({ name, help, labelNames: ["type"], registers });
  }
}
