import type { DropRunnerDeps } from "@fleet/agent";
import type { EngineObserver } from "@fleet/engine";
import type { RegistryObserver } from "@fleet/registry";
import { collectDefaultMetrics, Registry } from "prom-client";

import { dropMetrics } from "./drop/drop-metrics.ts";
import { engineMetrics } from "./engine-metrics.ts";
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

/** As fleet 1.0.0 names it; prom-client would add a charset. */
const CONTENT_TYPE = "text/plain; version=0.0.4";

/** fleet 1.0.0's documented metrics, all of them registered and each counted once. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const pace = paceMetrics(registers);
  return {
    agent: pace.agent,
    engine: { ...pace.engine, ...engineMetrics(registers) },
    registry: registryMetrics(registers),
    drop: dropMetrics(registers),
    page: async () => ({ contentType: CONTENT_TYPE, text: await registry.metrics() }),
  };
}
