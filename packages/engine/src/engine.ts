import {
  childOf,
  type Clock,
  FleetError,
  Latch,
  type Logger,
  type MachineId,
  type Refusal,
  type UnitName,
} from "@fleet/core";
import type { EngineRegistry, Leader, Leadership } from "@fleet/registry";
import type { MovePolicy } from "./model/absence.ts";
import type { Cluster } from "./model/cluster.ts";
import { silentObserver, type EngineObserver } from "./observer.ts";
import { Report } from "./report.ts";
import { serveTerm } from "./term.ts";
import { WaitingUnits } from "./waiting-units.ts";

/** Pause before campaigning again when that failed, or when a write did. */
const CAMPAIGN_PAUSE_MS = 500;
/** How long stepping down may take; after that the lease runs out by itself. */
const RESIGN_MS = 2_000;

export interface EngineOptions {
  readonly registry: EngineRegistry;
  readonly clock: Clock;
  readonly log: Logger;
  /** This machine, as it campaigns. */
  readonly machine: MachineId;
  /** How long the cluster waits for a leader that has gone silent. */
  readonly leaseTtlMs: number;
  /** How often everything is planned anew as a repair. Causes no requests while nothing is amiss. */
  readonly auditIntervalMs: number;
  /** When units leave machines that have gone silent. May change: see {@link Engine.movesChanged}. */
  readonly moves: MovePolicy;
  readonly observer?: EngineObserver;
}

/** Decides who runs what, on the one machine of the cluster that leads. */
export interface Engine {
  /**
   * Campaigns, leads, and campaigns again, until `signal` aborts; then steps down.
   * Rejects only with what must not happen.
   */
  run(signal: AbortSignal): Promise<void>;
  /** What {@link EngineOptions.moves} says has changed: counts at once. */
  movesChanged(): void;
  /** Whether this machine leads and knows the cluster. */
  readonly leading: boolean;
  /**
   * The units that are wanted and run nowhere, by name, with every present machine's reason. Empty
   * where this machine does not lead. Reasons are worked out when they are read.
   */
  waiting(): ReadonlyMap<UnitName, ReadonlyMap<MachineId, Refusal>>;
}

export function createEngine(options: EngineOptions): Engine {
  return new CampaigningEngine(options);
}

class CampaigningEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #observer: EngineObserver;
  /** Wakes whoever plans. */
  readonly #news = new Latch();
  #cluster: Cluster | undefined;
  #knownLeader: MachineId | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#observer = options.observer ?? silentObserver;
  }

  get leading(): boolean {
    return this.#cluster !== undefined;
  }

  movesChanged(): void {
    this.#news.set();
  }

  waiting(): ReadonlyMap<UnitName, ReadonlyMap<MachineId, Refusal>> {
    return this.#cluster === undefined ? new Map() : new WaitingUnits(this.#cluster);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const leadership = await this.#campaign(signal);
      if (leadership !== undefined) await this.#lead(leadership, signal);
    }
  }

  async #campaign(signal: AbortSignal): Promise<Leadership | undefined> {
    const { registry, machine, leaseTtlMs: ttlMs, clock, log } = this.#options;
    const onLeader = (leader: Leader): void => this.#noteLeader(leader.machine);
    try {
      return await registry.campaign({ machine, ttlMs, onLeader }, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof FleetError)) throw error;
      log.warn({ err: error, retryMs: CAMPAIGN_PAUSE_MS }, "campaign failed");
      await clock.sleep(CAMPAIGN_PAUSE_MS, signal);
      return undefined;
    }
  }

  async #lead(leadership: Leadership, signal: AbortSignal): Promise<void> {
    const { registry, clock, log, machine, auditIntervalMs, moves } = this.#options;
    log.info({ machine }, "Engine leadership acquired");
    this.#noteLeader(machine);
    this.#observer.leading(leadership.sinceMs);
    const report = new Report(log, this.#observer);
    const news = this.#news;
    const onModel = (cluster: Cluster | undefined): void => void (this.#cluster = cluster);
    let isInDoubt = false;
    const deps = { registry, clock, log, report, auditIntervalMs, moves, news, onModel };
    try {
      isInDoubt = (await serveTerm(leadership, deps, signal)) === "unknown";
    } finally {
      this.#observer.leading(undefined);
      report.unreadable(0);
      const { lost } = leadership;
      if (lost.aborted) {
        const err = lost.reason as Error;
        log.error({ err }, `Engine leadership lost, renewal failed: ${err.message}`);
      } else await this.#resign(leadership);
    }
    // What etcd refuses once it may refuse for ever.
    if (isInDoubt) await clock.sleep(CAMPAIGN_PAUSE_MS, signal);
  }

  async #resign(leadership: Leadership): Promise<void> {
    const { clock, log } = this.#options;
    using limit = childOf();
    void clock
      .sleep(RESIGN_MS, limit.signal)
      .then(() => limit.end(new Error(`no answer within ${RESIGN_MS} ms`)));
    try {
      await leadership.resign(limit.signal);
    } catch (error) {
      if (!(error instanceof FleetError) && !limit.signal.aborted) throw error;
      const err = error as Error;
      log.error({ err }, `Failed to release lease: ${err.message}`);
    }
  }

  /** Says who leads when that is news; not when the first leader seen is this machine itself. */
  #noteLeader(leader: MachineId): void {
    const { log, machine } = this.#options;
    const before = this.#knownLeader;
    if (leader === before) return;
    this.#knownLeader = leader;
    if (before !== undefined) {
      log.info({ leader }, `Engine leadership changed from ${before} to ${leader}`);
    } else if (leader !== machine) log.info({ leader }, `Engine leader is ${leader}`);
  }
}
