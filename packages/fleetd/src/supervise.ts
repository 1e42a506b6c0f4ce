import type { FleetdLogger } from "./logger.ts";
import type { SignalAnswers, Signals } from "./signals.ts";
import { isLeaving, type OwnJob } from "./stop-kind.ts";

/** A part that runs until its signal aborts. One that ends earlier ends the daemon. */
export interface Component {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

export interface Supervised extends SignalAnswers {
  readonly components: readonly Component[];
  readonly log: FleetdLogger;
  readonly signals: Signals;
  /** What systemd is doing to this daemon's own unit. */
  readonly ownJob: (signal: AbortSignal) => Promise<OwnJob>;
  /** True when systemd runs this process as a service and starts it again when it ends. */
  readonly isService: boolean;
  /** Stops every unit and withdraws from the cluster. */
  readonly leave: (signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

const OWN_JOB_TIMEOUT_MS = 2_000;

/**
 * Runs all components until a signal comes or one fails, then stops the rest. Resolves with the
 * exit code: 0 after a signal, 1 after a failure; systemd then starts the daemon again and every
 * unit runs on. What goes wrong on the way out is logged and costs the exit code, and nothing else.
 */
export async function supervise(supervised: Supervised): Promise<number> {
  const { components, log, close, signals } = supervised;
  const stop = new AbortController();
  signals.answer(supervised);
  const asked = signals.stop.then(() => ({ kind: "asked" as const }));
  const running = components.map(async (component) => {
    await component.run(stop.signal);
    if (!stop.signal.aborted) throw new Error(`${component.name} ended early`);
  });
  const broken = Promise.race(running).then(
    () => new Promise<never>(() => {}),
    (error: unknown) => ({ kind: "broken" as const, error }),
  );
  const end = await Promise.race([asked, broken]);
  let isWell = end.kind === "asked";
  if (end.kind === "broken") log.fatal({ err: end.error }, "A component failed, stopping");
  else isWell = await succeeds("leave the cluster", () => answerStop(supervised), log);
  stop.abort();
  await Promise.allSettled(running);
  isWell = (await succeeds("close what was open", close, log)) && isWell;
  signals.release();
  return isWell ? 0 : 1;
}

async function succeeds(
  what: string,
  task: () => Promise<void>,
  log: FleetdLogger,
): Promise<boolean> {
  try {
    await task();
    return true;
  } catch (error) {
    log.error({ err: error }, `Failed to ${what}`);
    return false;
  }
}

async function answerStop({ log, leave, ownJob, isService }: Supervised): Promise<void> {
  log.info({}, "Gracefully shutting down");
  const { signal } = new AbortController();
  const job = await ownJob(AbortSignal.timeout(OWN_JOB_TIMEOUT_MS)).catch((error: unknown) => {
    log.warn({ err: error }, "Cannot ask systemd why this daemon is told to end");
    return "none" as const;
  });
  if (isLeaving(job, isService)) await leave(signal);
  else log.info({ job }, "Leaving all units running");
  log.info({}, "Server monitor triggered: told to shut down");
}
