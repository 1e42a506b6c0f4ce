import { untilAborted } from "@fleet/core";

import type { Revision, WatchEnd, WatchEvent, WatchRequest } from "../store.ts";
import { RevisionCompactedError } from "../errors.ts";
import { linkSignals } from "../signals.ts";
import { compareBytes } from "./byte-order.ts";
import type { Commit, KeySpace } from "./key-space.ts";

interface Watcher {
  readonly request: WatchRequest;
  /** Aborts with what the watcher's own callback threw. */
  readonly over: AbortController;
  /** Everything before it was delivered. */
  nextRevision: Revision;
}

/** Everybody who watches the key space. */
export class Watchers {
  readonly #space: KeySpace;
  readonly #watchers = new Set<Watcher>();
  #undelivered: Commit[] = [];

  constructor(space: KeySpace) {
    this.#space = space;
  }

  /** Tells every watcher, after the caller's own code has run. */
  announce(commit: Commit): void {
    if (this.#undelivered.push(commit) > 1) return;
    queueMicrotask(() => {
      const commits = this.#undelivered;
      this.#undelivered = [];
      for (const each of commits) for (const watcher of this.#watchers) this.#tell(watcher, each);
    });
  }

  /** Delivers until `signal` aborts; its reason is the end of the watch. */
  async watch(request: WatchRequest, signal: AbortSignal): Promise<WatchEnd> {
    await Promise.resolve();
    if (signal.aborted) return signal.reason as WatchEnd;
    const watcher: Watcher = { request, over: new AbortController(), nextRevision: 0 };
    using linked = linkSignals(signal, watcher.over.signal);
    try {
      const missed = this.#space.since(request.fromRevision);
      watcher.nextRevision = request.fromRevision;
      this.#watchers.add(watcher);
      request.onLive();
      for (const commit of missed) this.#tell(watcher, commit);
      await untilAborted(linked.signal);
      if (watcher.over.signal.aborted) throw watcher.over.signal.reason;
      return signal.reason as WatchEnd;
    } catch (error) {
      if (error instanceof RevisionCompactedError) return { kind: "compacted" };
      throw error;
    } finally {
      this.#watchers.delete(watcher);
    }
  }

  #tell(watcher: Watcher, commit: Commit): void {
    const { request } = watcher;
    if (commit.revision < watcher.nextRevision || !this.#watchers.has(watcher)) return;
    watcher.nextRevision = commit.revision + 1;
    const events = commit.events.filter((event) => isWithin(event, request));
    if (events.length === 0) return;
    try {
      request.onEvents(events, commit.revision);
    } catch (error) {
      this.#watchers.delete(watcher);
      watcher.over.abort(error);
    }
  }
}

function isWithin(event: WatchEvent, range: WatchRequest): boolean {
  const key = event.kind === "put" ? event.item.key : event.key;
  return compareBytes(range.start, key) <= 0 && compareBytes(key, range.end) < 0;
}
