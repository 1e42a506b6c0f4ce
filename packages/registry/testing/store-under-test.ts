import type { Clock } from "@fleet/core";

import type { Revision, Store } from "../src/index.ts";

/** One etcd, real or not, and what a test may do to it. */
export interface StoreUnderTest extends AsyncDisposable {
  /** The time that the stores live in. */
  readonly clock: Clock;
  /** Ends in a slash; nobody else uses keys below it. */
  readonly prefix: string;
  /** A further client of the same etcd. Closed with the test. */
  open(): Store;
  compact(revision: Revision): Promise<void>;
  /** Nothing answers any client from now on. */
  cutOff(): Promise<void>;
  /** Undoes {@link cutOff}. */
  heal(): Promise<void>;
  /** Waits for a condition; fails, naming `what`, when it does not come true. */
  until(what: string, probe: () => boolean): Promise<void>;
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
}
