import type { Revision, Store, WatchEnd, WatchEvent } from "../src/index.ts";

/** A watch that remembers what it was told. */
export class RecordedWatch {
  readonly revisions: Revision[] = [];
  readonly events: WatchEvent[] = [];
  live = false;
  /** Absent while it goes on. */
  ended: WatchEnd | undefined;
  readonly #stop = new AbortController();

  constructor(
    store: Store,
    range: { readonly start: string; readonly end: string; readonly fromRevision: Revision },
  ) {
    const request = {
      ...range,
      onLive: () => {
        this.live = true;
      },
      onEvents: (events: readonly WatchEvent[], revision: Revision) => {
        this.revisions.push(revision);
        this.events.push(...events);
      },
    };
    void store.watch(request, this.#stop.signal).then((end) => {
      this.ended = end;
      return end;
    });
  }

  /** `+key=value` for a put, `-key` for a removal. */
  get told(): string[] {
    return this.events.map((event) =>
      event.kind === "put" ? `+${event.item.key}=${event.item.value}` : `-${event.key}`,
    );
  }

  stop(): void {
    this.#stop.abort();
  }
}
