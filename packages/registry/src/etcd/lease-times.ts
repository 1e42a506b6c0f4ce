import { leaseTimeOf } from "../lease-term.ts";
import type { LeaseId, LeaseTime } from "../store.ts";
import { LEASE_TIME } from "./call.ts";
import type { Requests } from "./requests.ts";

/** etcd tells of one lease a request: so many are under way together. */
const REQUESTS_AT_ONCE_MAX = 64;

/** How long leases last; those that are over are missing. */
export async function readLeaseTimes(
  requests: Requests,
  leases: readonly LeaseId[],
  signal: AbortSignal,
): Promise<ReadonlyMap<LeaseId, LeaseTime>> {
  const times = new Map<LeaseId, LeaseTime>();
  const ask = async (id: LeaseId): Promise<void> => {
    const { TTL, grantedTTL } = await requests.send(LEASE_TIME, { ID: id }, signal);
    const seconds = Number(TTL);
    if (seconds >= 0) times.set(id, leaseTimeOf(seconds, Number(grantedTTL)));
  };
  for (let from = 0; from < leases.length; from += REQUESTS_AT_ONCE_MAX) {
    await Promise.all(leases.slice(from, from + REQUESTS_AT_ONCE_MAX).map(ask));
  }
  return times;
}
