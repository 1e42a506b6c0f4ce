import type { IWatchResponse } from "etcd3";

import { linkSignals, onAbort } from "../signals.ts";
import type { WatchEnd, WatchEvent, WatchRequest } from "../store.ts";
import { cancelSoon } from "./cancel.ts";
import { isTokenRefused, registryErrorOf } from "./failure.ts";
import type { Requests } from "./requests.ts";
import { type Opened, openWatch, type WatchStream } from "./streams.ts";
import { eventRevision, watchEventOf } from "./wire.ts";

/**
 * One watch on a stream of its own. Nothing is sent after the request that starts it: a dead connection is found by
 * other requests that it does not answer, or by gRPC's pings, a member without a leader by `hasleader`.
 */
export async function watchRange(
  requests: Requests,
  request: WatchRequest,
  signal: AbortSignal,
): Promise<WatchEnd> {
  using linked = linkSignals(signal, requests.closed);
  if (linked.signal.aborted) return { kind: "aborted" };
  const best = requests.members.best;
  let opened: Opened<WatchStream>;
  try {
    opened = await openWatch(requests, linked.signal);
  } catch (error) {
    if (linked.signal.aborted) return { kind: "aborted" };
    requests.members.failed(best);
    const attempt = { operation: "watch", endpoint: best.endpoint };
    return { kind: "broken", error: registryErrorOf(error, attempt) };
  }
  return await new Watching(requests, request, opened).run(linked.signal);
}

class Watching {
  readonly #requests: Requests;
  readonly #request: WatchRequest;
  readonly #opened: Opened<WatchStream>;
  readonly #ended = new AbortController();
  #accepted = false;
  #fragments: WatchEvent[] = [];
  #resolve: (end: WatchEnd) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(requests: Requests, request: WatchRequest, opened: Opened<WatchStream>) {
    this.#requests = requests;
    this.#request = request;
    this.#opened = opened;
  }

  /** Rejects only with what the request's own callbacks throw. */
  async run(signal: AbortSignal): Promise<WatchEnd> {
    const end = new Promise<WatchEnd>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const release = onAbort(signal, () => this.#finish({ kind: "aborted" }));
    const { member, stream } = this.#opened;
    // Stays attached: the stream reports its own cancellation as an error.
    stream.on("error", (error) => this.#break(error));
    stream.on("end", () => this.#break(new Error("etcd ended the stream")));
    stream.on("data", (response: IWatchResponse) => this.#receive(response));
    member.asked();
    stream.write({ create_request: this.#createRequest() });
    void this.#expectAcceptance();
    try {
      return await end;
    } finally {
      release();
      this.#ended.abort();
      cancelSoon(stream);
    }
  }

  #createRequest() {
    const { start, end, fromRevision } = this.#request;
    return {
      key: Buffer.from(start),
      range_end: Buffer.from(end),
      start_revision: String(fromRevision),
      // Without it one large revision may exceed the message limit.
      fragment: true,
    };
  }

  async #expectAcceptance(): Promise<void> {
    const { timeoutMs, clock } = this.#requests;
    await clock.sleep(timeoutMs, this.#ended.signal);
    if (!this.#accepted) this.#break(new Error(`not accepted within ${timeoutMs} ms`));
  }

  #receive(response: IWatchResponse): void {
    if (this.#ended.signal.aborted) return;
    if (response.canceled) return this.#canceled(response);
    try {
      if (response.created) {
        this.#accepted = true;
        return this.#request.onLive();
      }
      for (const event of response.events) this.#fragments.push(watchEventOf(event));
      if (response.fragment) return;
      const events = this.#fragments;
      this.#fragments = [];
      deliverByRevision(events, this.#request);
    } catch (error) {
      this.#ended.abort();
      this.#reject(error);
    }
  }

  #canceled(response: IWatchResponse): void {
    if (response.compact_revision !== "0") return this.#finish({ kind: "compacted" });
    this.#break(new Error(response.cancel_reason || "canceled by etcd without a reason"));
  }

  #break(error: Error): void {
    if (this.#ended.signal.aborted) return;
    const { member } = this.#opened;
    this.#requests.members.failed(member);
    if (isTokenRefused(error)) this.#requests.credentials.forget();
    const attempt = { operation: "watch", endpoint: member.endpoint };
    this.#finish({ kind: "broken", error: registryErrorOf(error, attempt) });
  }

  #finish(end: WatchEnd): void {
    this.#ended.abort();
    this.#resolve(end);
  }
}

/** etcd puts many revisions into one message, but never splits one over two (fragments aside). */
function deliverByRevision(events: readonly WatchEvent[], request: WatchRequest): void {
  let from = 0;
  while (from < events.length) {
    const revision = revisionAt(events, from);
    let to = from + 1;
    while (to < events.length && revisionAt(events, to) === revision) to += 1;
    request.onEvents(events.slice(from, to), revision);
    from = to;
  }
}

function revisionAt(events: readonly WatchEvent[], index: number): number {
  const event = events[index];
  return event === undefined ? 0 : eventRevision(event);
}
