import { summariseRefusals, type UnitName } from "@fleet/core";
import type { EngineWrite } from "@fleet/registry";
import type { Cluster } from "./model/cluster.ts";
import type { Decision } from "./plan/decision.ts";
import { refusalsOf } from "./plan/refusals.ts";

/** Working a reason out takes a look at every machine, so it is done for so many units at a time… */
const UNITS_MAX = 100;
/** …and so often. */
const EVERY_MS = 1_000;
/** For so many waiting units is there a reason to read; the engine's log and metrics count the others. */
const EXPLAINED_UNITS_MAX = 1_000;

/**
 * What has been told of waiting units, and what is to be told. Told are units whose waiting came up
 * in a plan, which it does again whenever something changes that they wait for.
 */
export class WaitNotices {
  readonly #told = new Map<UnitName, string>();
  readonly #toTell = new Set<UnitName>();
  #isFresh = true;
  #nextMs = Number.NEGATIVE_INFINITY;

  planned(decisions: readonly Decision[]): void {
    for (const decision of decisions) if (decision.kind === "wait") this.#toTell.add(decision.unit);
  }

  /** When {@link due} is to be asked again though nothing happens (monotonic milliseconds). */
  get dueAtMs(): number {
    return this.#isFresh || this.#toTell.size > 0 ? this.#nextMs : Number.POSITIVE_INFINITY;
  }

  /** What to write now; taken for written from then on, unless {@link failed} is called. */
  due(cluster: Cluster, nowMs: number): readonly EngineWrite[] {
    if (this.#isFresh && nowMs < this.#nextMs) return [];
    const writes: EngineWrite[] = this.#isFresh ? [{ kind: "end-waits" }] : [];
    this.#isFresh = false;
    for (const unit of this.#told.keys()) {
      if (cluster.isWaiting(unit)) continue;
      this.#told.delete(unit);
      writes.push({ kind: "end-wait", unit });
    }
    if (this.#toTell.size === 0 || nowMs < this.#nextMs) return writes;
    this.#nextMs = nowMs + EVERY_MS;
    for (const unit of [...this.#toTell].slice(0, UNITS_MAX)) {
      this.#toTell.delete(unit);
      const write = cluster.isWaiting(unit) ? this.#explain(cluster, unit) : undefined;
      if (write !== undefined) writes.push(write);
    }
    return writes;
  }

  /** What was due may be written or not: all is told anew, after a pause. */
  failed(nowMs: number): void {
    this.#nextMs = nowMs + EVERY_MS;
    for (const unit of this.#told.keys()) this.#toTell.add(unit);
    this.#told.clear();
    this.#isFresh = true;
  }

  #explain(cluster: Cluster, unit: UnitName): EngineWrite | undefined {
    const waiting = summariseRefusals(refusalsOf(cluster, unit));
    const text = JSON.stringify(waiting);
    const before = this.#told.get(unit);
    if (before === text) return undefined;
    if (before === undefined && this.#told.size >= EXPLAINED_UNITS_MAX) return undefined;
    this.#told.set(unit, text);
    return { kind: "explain-wait", unit, waiting };
  }
}
