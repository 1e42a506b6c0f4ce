import { FleetError } from "@fleet/core";

import type { RegistryContext } from "./context.ts";
import type { Lease } from "./store.ts";

/** Ends a lease that nothing needs any more; where that fails it runs out by itself. */
export async function giveUp(
  { log }: RegistryContext,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  try {
    await lease.revoke(signal);
  } catch (error) {
    if (!signal.aborted && !(error instanceof FleetError)) throw error;
    log.debug({ err: error, ttlMs: lease.ttlMs }, "lease left to run out");
  }
}
