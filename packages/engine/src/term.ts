import { childOf, type Clock, FleetError, type Latch, type Logger } from "@fleet/core";
import type { EngineRegistry, Leadership } from "@fleet/registry";
import { Feed } from "./feed.ts";
import type { MovePolicy } from "./model/absence.ts";
import type { Cluster } from "./model/cluster.ts";
import type { Report } from "./report.ts";
import { Steward, type Outcome, type StewardReads } from "./steward.ts";

/** Events are gathered for so long from the first one on, so that what belongs together is seen together. */
const GATHER_MS = 2;
/**
 * While units change in bursts a pass begins no sooner than so long after the last one began: fewer, larger writes cost
 * etcd and every machine less than one for each unit, so that all are placed earlier.
 */
const PASS_EVERY_MS = 30;
/** Pause before everything is read again after a failure. */
const REBUILD_PAUSE_MS = 500;

export interface TermDeps {
  readonly registry: Pick<EngineRegistry, "watchCluster" | StewardReads>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly report: Report;
  readonly auditIntervalMs: number;
  readonly moves: MovePolicy;
  /** Opened from outside when `moves` says something else than before. */
  readonly news: Latch;
  /** Told of the model that is planned on, and that there is none any more. */
  readonly onModel: (cluster: Cluster | undefined) => void;
}

/**
 * Leads until leadership is lost or `signal` aborts; begins with a fresh model whenever one fails. Also ends when it
 * is not known what was written: a transaction that is still on its way must not meet the fence it was made for.
 */
export async function serveTerm(
  leadership: Leadership,
  deps: TermDeps,
  signal: AbortSignal,
): Promise<"lost" | "unknown"> {
  using over = childOf(signal, leadership.lost);
  while (!over.signal.aborted) {
    const outcome = await serveModel(leadership, deps, over.signal);
    if (outcome === "lost" || outcome === "unknown") return outcome;
    if (!over.signal.aborted) await deps.clock.sleep(REBUILD_PAUSE_MS, over.signal);
  }
  return "lost";
}

/** Follows the cluster with one model, for as long as that can be trusted. */
async function serveModel(
  leadership: Leadership,
  deps: TermDeps,
  signal: AbortSignal,
): Promise<Outcome> {
  using own = childOf(signal);
  const feed = new Feed(deps.news);
  const watching = deps.registry.watchCluster(feed, own.signal).then(
    () => feed.end(undefined),
    (error: Error) => feed.end(error),
  );
  try {
    return await runPasses(leadership, feed, deps, own.signal);
  } finally {
    deps.onModel(undefined);
    own.end();
    await watching;
  }
}

async function runPasses(
  leadership: Leadership,
  feed: Feed,
  deps: TermDeps,
  signal: AbortSignal,
): Promise<Outcome> {
  const { registry, clock, report, auditIntervalMs, moves } = deps;
  let steward: Steward | undefined;
  let auditAtMs = clock.monotonicMs() + auditIntervalMs;
  let passedAtMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    const wakeAtMs = Math.min(auditAtMs, steward?.wakeAtMs ?? auditAtMs);
    await untilNews(feed, { wakeAtMs, passedAtMs }, clock, signal);
    if (signal.aborted) return "lost";
    if (feed.ended !== undefined) return endedWith(feed.ended.error, deps.log);
    const snapshot = feed.takeSnapshot();
    if (snapshot !== undefined) {
      const own = { registry, leadership, feed, clock, report, moves };
      steward = new Steward(snapshot, own, signal);
      deps.onModel(steward.cluster);
    }
    if (steward === undefined) continue;
    passedAtMs = clock.monotonicMs();
    const isAudit = passedAtMs >= auditAtMs;
    if (isAudit) auditAtMs = clock.monotonicMs() + auditIntervalMs;
    const outcome = await (isAudit ? steward.audit(signal) : steward.pass(signal));
    if (outcome !== "done" && outcome !== "unfinished") return outcome;
  }
}

/** Waits for news, gathering what comes shortly after the first, or until something is due. */
async function untilNews(
  feed: Feed,
  { wakeAtMs, passedAtMs }: { readonly wakeAtMs: number; readonly passedAtMs: number },
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (feed.current) await feed.news.waitAtMost(wakeAtMs - clock.monotonicMs(), clock, signal);
  else await feed.news.wait(signal);
  if (!feed.hasChanges) return;
  await clock.sleep(GATHER_MS, signal);
  if (!feed.isBurst) return;
  await clock.sleep(Math.max(0, passedAtMs + PASS_EVERY_MS - clock.monotonicMs()), signal);
}

/** @throws whatever ended the feed, unless it is a failure that may pass. */
function endedWith(error: Error | undefined, log: Logger): Outcome {
  if (error !== undefined && !(error instanceof FleetError)) throw error;
  log.warn({ err: error }, "the feed of the cluster ended; reading it anew");
  return "stale";
}
