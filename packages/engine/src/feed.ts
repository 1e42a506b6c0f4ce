import type { Latch } from "@fleet/core";
import type { ClusterChange, ClusterSink, ClusterSnapshot, Revision } from "@fleet/registry";

/** More untold changes than this, and reading everything anew is cheaper. */
const INBOX_CHANGES_MAX = 200_000;

interface Batch {
  readonly changes: readonly ClusterChange[];
  readonly revision: Revision;
}

/**
 * Keeps what the registry tells until a pass takes it, so that nothing changes under a pass while
 * its writes are under way.
 */
export class Feed implements ClusterSink {
  /** Opened when there is something to take, and when the feed comes alive or ends. */
  readonly news: Latch;
  #snapshot: ClusterSnapshot | undefined;
  #inbox: Batch[] = [];
  #waitingChanges = 0;
  #waitingUnits = 0;
  #live = false;
  #started = false;
  #end: { readonly error: Error | undefined } | undefined;

  constructor(news: Latch) {
    this.news = news;
  }

  /** The view is complete and current. */
  get current(): boolean {
    return this.#live && this.#started && this.#end === undefined;
  }

  /** The feed tells no more, or tells more than can be kept; `error` says why. */
  get ended(): { readonly error: Error | undefined } | undefined {
    return this.#end;
  }

  get hasChanges(): boolean {
    return this.#inbox.length > 0;
  }

  /** More than one unit was created, changed or destroyed since the last taking. */
  get isBurst(): boolean {
    return this.#waitingUnits > 1;
  }

  snapshot(snapshot: ClusterSnapshot): void {
    this.#snapshot = snapshot;
    this.#inbox = [];
    this.#waitingChanges = 0;
    this.#waitingUnits = 0;
    this.#started = true;
    this.news.set();
  }

  changes(changes: readonly ClusterChange[], revision: Revision): void {
    this.#inbox.push({ changes, revision });
    this.#waitingChanges += changes.length;
    this.#waitingUnits += changes.filter(({ kind }) => kind === "unit").length;
    if (this.#waitingChanges > INBOX_CHANGES_MAX) this.end(undefined);
    this.news.set();
  }

  live(live: boolean): void {
    this.#live = live;
    this.news.set();
  }

  end(error: Error | undefined): void {
    this.#end ??= { error };
    this.news.set();
  }

  takeSnapshot(): ClusterSnapshot | undefined {
    const snapshot = this.#snapshot;
    this.#snapshot = undefined;
    return snapshot;
  }

  takeChanges(): readonly Batch[] {
    const batches = this.#inbox;
    this.#inbox = [];
    this.#waitingChanges = 0;
    this.#waitingUnits = 0;
    return batches;
  }
}
