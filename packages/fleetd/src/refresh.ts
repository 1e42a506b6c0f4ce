import type { Clock } from "@fleet/core";

/** As often as in fleet: the kernel tells nobody of a changed address or machine ID. */
const REFRESH_INTERVAL_MS = 60_000;

/** Calls `refresh` once a minute until `signal` aborts. */
export async function refreshForever(
  refresh: () => void,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(REFRESH_INTERVAL_MS, signal);
    if (!signal.aborted) refresh();
  }
}
