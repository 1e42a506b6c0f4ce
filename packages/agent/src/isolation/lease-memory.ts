/** Until when this machine's lease is known to hold, over restarts of the daemon and not of the machine. */
export interface LeaseMemory {
  /** What an earlier process of this boot noted last, on the monotonic clock; undefined when there was none. */
  readonly heldUntilMs: number | undefined;
  /** Called some times in the length of a lease: must be cheap. */
  note(heldUntilMs: number): void;
}
