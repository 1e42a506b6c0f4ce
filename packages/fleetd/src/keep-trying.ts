import { type Clock, FleetError, type Logger } from "@fleet/core";

const RETRY_MS = 5_000;

interface KeepTryingDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** What is being tried, for the log: told at the first failure. */
  readonly what: string;
}

/** Does `task` until it succeeds or `signal` aborts. @throws what is no {@link FleetError} */
export async function keepTrying(
  task: (signal: AbortSignal) => Promise<void>,
  { clock, log, what }: KeepTryingDeps,
  signal: AbortSignal,
): Promise<void> {
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    try {
      return await task(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof FleetError)) throw error;
      const fields = { err: error, retryMs: RETRY_MS };
      log[isFirst ? "warn" : "debug"](fields, `${what}: trying again`);
      await clock.sleep(RETRY_MS, signal);
    }
  }
}
