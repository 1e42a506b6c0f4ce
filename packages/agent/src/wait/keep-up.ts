import { FleetError, type Clock, type Logger } from "@fleet/core";
import { delayMs, PEER_BACK_OFF } from "./back-off.ts";

export interface KeepUpDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** What is kept up, for the log. */
  readonly what: string;
}

/** Runs `work` again whenever it ends or fails with a FleetError, with back-off, until `signal` aborts. */
export async function keepUp(
  work: (signal: AbortSignal) => Promise<void>,
  { clock, log, what }: KeepUpDeps,
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    const begunMs = clock.monotonicMs();
    try {
      await work(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof FleetError)) throw error;
      log.warn({ err: error }, `${what} failed, trying again`);
    }
    if (clock.monotonicMs() - begunMs > PEER_BACK_OFF.maxMs) failures = 1;
    await clock.sleep(delayMs(PEER_BACK_OFF, failures), signal);
  }
}
