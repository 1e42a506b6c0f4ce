import type { Config } from "./config/settings.ts";

const LEASE_INTERVALS = 5;

/** How long the leader's lease lasts. */
export function leaderTtlMs(config: Config): number {
  return config.engine_reconcile_interval * LEASE_INTERVALS;
}
