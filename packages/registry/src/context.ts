import type { Clock, Logger } from "@fleet/core";

import type { Keys } from "./keys.ts";
import type { LeaseTtls } from "./lease-ttls.ts";
import type { Store } from "./store.ts";

/** What every part of the registry works with. */
export interface RegistryContext {
  readonly store: Store;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly log: Logger;
  readonly leaseTtls: LeaseTtls;
  /** Aborts when the registry is closed: nothing is tried again from then on. */
  readonly closed: AbortSignal;
}
