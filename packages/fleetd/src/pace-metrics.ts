import type { AgentObserver } from "@fleet/agent";
import type { EngineObserver } from "@fleet/engine";
import { Counter, Histogram, type Registry } from "prom-client";

const MS_PER_SECOND = 1000;

export interface PaceMetrics {
  readonly engine: Pick<EngineObserver, "placed" | "moved">;
  readonly agent: Pick<Required<AgentObserver>, "onJob" | "onStarted">;
}

/** How long units take to get where they are wanted, and why they leave. fleet 1.0.0 does not tell. */
export function paceMetrics(registers: Registry[]): PaceMetrics {
  const placement = new Histogram({
    name: "fleet_engine_placement_duration_second",
    help: "From the pass that heard of a change until a unit's new machine was written.",
    registers,
  });
  const moves = new Counter({
    name: "fleet_engine_move_count_total",
    help: "Units that left a machine although they are wanted, by why: machine-gone, refused, displaced, surplus.",
    labelNames: ["cause"],
    registers,
  });
  const jobs = new Histogram({
    name: "fleet_agent_job_duration_second",
    help: "How long systemd took for a job, from the request to its result: start, stop.",
    labelNames: ["type"],
    registers,
  });
  const starts = new Histogram({
    name: "fleet_agent_start_duration_second",
    help: "From the change of a unit's wish on this machine until its start job was done.",
    registers,
  });
  return {
    engine: {
      placed: (latencyMs) => placement.observe(latencyMs / MS_PER_SECOND),
      moved: (cause) => moves.inc({ cause }),
    },
    agent: {
      onJob: (kind, durationMs) => jobs.observe({ type: kind }, durationMs / MS_PER_SECOND),
      onStarted: (sinceWishMs) => starts.observe(sinceWishMs / MS_PER_SECOND),
    },
  };
}
