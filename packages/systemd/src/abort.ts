import { setMaxListeners } from "node:events";

import { Deferred } from "./deferred.ts";

/**
 * Waits for `work` under the caller's cancellation: rejects with the signal's reason when it aborts
 * first. The work itself goes on; what becomes of it is then nobody's business.
 */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  setMaxListeners(0, signal); // hundreds wait on a daemon's one signal: Node takes eleven for a leak
  const aborted = new Deferred<never>();
  const leave = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
