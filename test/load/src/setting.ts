/** Where everything lies in etcd: the default of `etcd_key_prefix`. */
export const PREFIX = "/_coreos.com/fleet/";
/** Machines that stand for election. */
export const CANDIDATES = 3;

// The defaults of fleet.conf.
export const REQUEST_TIMEOUT_MS = 1_000;
export const LEADER_TTL_MS_MAX = 10_000;
export const MASS_LOSS_SHARE = 0.5;
export const MOVES_PER_SECOND = 250;
export const TOKEN_LIMIT = 100;
export const AUDIT_INTERVAL_MS = 60_000;

/** What a process of machines is to be. */
export interface MachinesTask {
  readonly etcd: string;
  /** The number of the first of them. */
  readonly first: number;
  readonly count: number;
  readonly agentTtlMs: number;
  /** What they do besides what every machine does: stand for election, or serve the HTTP API. */
  readonly role: "leads" | "serves" | "works";
}

/** The ID of a machine by its number. */
export function machineIdOf(index: number): string {
  return index.toString(16).padStart(32, "0");
}

export function leaderTtlMs(agentTtlMs: number): number {
  return Math.min(LEADER_TTL_MS_MAX, agentTtlMs);
}
