import type { Config } from "./config/settings.ts";

const LEASE_INTERVALS = 5;

/**
 * How long the leader's lease lasts. No longer than a machine may be silent: otherwise the loss of the machine that
 * leads would be noticed later than that of any other.
 */
export function leaderTtlMs(config: Config): number {
  return Math.min(config.engine_reconcile_interval * LEASE_INTERVALS, config.agent_ttl);
}
