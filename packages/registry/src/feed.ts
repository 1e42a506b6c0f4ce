import {
  type Clock,
  FleetError,
  type Logger,
  RegistryUnavailableError,
  unreachable,
} from "@fleet/core";

import { RevisionCompactedError } from "./errors.ts";
import type { KeyRange } from "./keys.ts";
import { linkSignals } from "./signals.ts";
import type { KeyValue, Revision, Store, WatchEnd, WatchEvent } from "./store.ts";

export interface FeedDeps {
  readonly store: Pick<Store, "range" | "watch">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when the store is closed. */
  readonly closed: AbortSignal;
}

/** What ranges hold at one revision. */
export interface Listing {
  readonly items: readonly KeyValue[];
  readonly revision: Revision;
}

/** Receives ranges, then their changes. Calls are synchronous and in order; what they throw ends it. */
export interface FeedSink {
  /**
   * Everything, at one revision. From the second time on `since` has the differences to what was
   * told before: first what is gone, then what is new, by revision; it may be empty.
   */
  listed(list: Listing, since: readonly WatchEvent[] | undefined): void;
  /** The changes that one revision made to one of the ranges. */
  changed(events: readonly WatchEvent[], revision: Revision): void;
  /** Whether the view is current. Told when it changes, and at the first failure. */
  live(live: boolean): void;
}

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2_000;

/**
 * Lists ranges and watches them from there, until `signal` aborts or the store is closed. Whatever
 * ends a watch, it starts over with a list: only a list says what the present is. Each range is told
 * of in the order of its revisions; one range may be a little ahead of another.
 */
export async function followRanges(
  ranges: readonly KeyRange[],
  sink: FeedSink,
  deps: FeedDeps,
  signal: AbortSignal,
): Promise<void> {
  const feed = new Feed(ranges, sink, deps);
  using waiting = linkSignals(signal, deps.closed);
  let retryMs = RETRY_MS_MIN;
  let reason = "";
  for (;;) {
    const startedAtMs = deps.clock.monotonicMs();
    const failure = await feed.follow(signal);
    if (failure === undefined || deps.closed.aborted) return;
    const lastedMs = deps.clock.monotonicMs() - startedAtMs;
    if (lastedMs > RETRY_MS_MAX) [retryMs, reason] = [RETRY_MS_MIN, ""];
    const fields = { err: failure, keys: ranges.map((range) => range.start), retryMs };
    // etcd may be away for hours: the same reason is told once.
    const level = failure.message === reason ? "debug" : "warn";
    deps.log[level](fields, "registry watch interrupted");
    reason = failure.message;
    await deps.clock.sleep(retryMs, waiting.signal);
    if (waiting.signal.aborted) return;
    retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
  }
}

class Feed {
  readonly #ranges: readonly KeyRange[];
  readonly #sink: FeedSink;
  readonly #deps: FeedDeps;
  /** What the sink knows: each key and when it was last written. */
  #known: Map<string, Revision> | undefined;
  #live: boolean | undefined;

  constructor(ranges: readonly KeyRange[], sink: FeedSink, deps: FeedDeps) {
    this.#ranges = ranges;
    this.#sink = sink;
    this.#deps = deps;
  }

  /** Resolves with what interrupted it, or undefined when it is meant to end. */
  async follow(signal: AbortSignal): Promise<FleetError | undefined> {
    try {
      const list = await this.#list(signal);
      this.#tellList(list);
      return await this.#watch(list.revision + 1, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof FleetError)) throw error;
      return error;
    } finally {
      if (!signal.aborted) this.#tellLive(false);
    }
  }

  async #list(signal: AbortSignal): Promise<Listing> {
    const items: KeyValue[] = [];
    let revision: Revision | undefined;
    for (const { start, end } of this.#ranges) {
      const at = revision === undefined ? {} : { revision };
      const part = await this.#deps.store.range({ start, end, ...at }, signal);
      revision ??= part.revision;
      for (const item of part.items) items.push(item);
    }
    return { items, revision: revision ?? 0 };
  }

  /** One watch a range; when one ends, all do. */
  async #watch(fromRevision: Revision, signal: AbortSignal): Promise<FleetError | undefined> {
    using linked = linkSignals(signal);
    let failure: FleetError | undefined;
    let accepted = 0;
    const onLive = (): void => {
      accepted += 1;
      if (accepted === this.#ranges.length) this.#tellLive(true);
    };
    const onEvents = this.#tellEvents.bind(this);
    const watches = this.#ranges.map(async (range) => {
      try {
        const watch = { ...range, fromRevision, onLive, onEvents };
        failure ??= failureOf(await this.#deps.store.watch(watch, linked.signal), fromRevision);
      } finally {
        linked.abort(new Error("the watch of another range has ended"));
      }
    });
    // All are awaited, so that nothing is told once this has settled.
    for (const result of await Promise.allSettled(watches)) {
      if (result.status === "rejected") throw result.reason;
    }
    return failure;
  }

  #tellList(list: Listing): void {
    const since = this.#known === undefined ? undefined : differences(this.#known, list);
    this.#known = new Map(list.items.map((item) => [item.key, item.modRevision]));
    this.#sink.listed(list, since);
  }

  #tellEvents(events: readonly WatchEvent[], revision: Revision): void {
    for (const event of events) {
      if (event.kind === "put") this.#known?.set(event.item.key, event.item.modRevision);
      else this.#known?.delete(event.key);
    }
    this.#sink.changed(events, revision);
  }

  #tellLive(live: boolean): void {
    if (this.#live === live) return;
    this.#live = live;
    this.#sink.live(live);
  }
}

function failureOf(end: WatchEnd, fromRevision: Revision): FleetError | undefined {
  switch (end.kind) {
    case "aborted":
      return undefined;
    case "compacted":
      return new RevisionCompactedError(`revision ${fromRevision} was compacted`);
    case "broken":
      return end.error instanceof FleetError
        ? end.error
        : new RegistryUnavailableError(end.error.message, { cause: end.error });
    default:
      return unreachable(end);
  }
}

/** What a watch would have told between what is known and the list. */
function differences(known: ReadonlyMap<string, Revision>, list: Listing): WatchEvent[] {
  const present = new Set(list.items.map((item) => item.key));
  const gone = [...known.keys()].filter((key) => !present.has(key));
  const written = list.items.filter((item) => known.get(item.key) !== item.modRevision);
  return [
    ...gone.map((key): WatchEvent => ({ kind: "delete", key, modRevision: list.revision })),
    ...written
      .toSorted((left, right) => left.modRevision - right.modRevision)
      .map((item): WatchEvent => ({ kind: "put", item })),
  ];
}
