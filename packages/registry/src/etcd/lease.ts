import { type Logger, RegistryUnavailableError } from "@fleet/core";

import { LeaseTerm } from "../lease-term.ts";
import { linkSignals, onAbort } from "../signals.ts";
import type { Lease, LeaseId } from "../store.ts";
import { LEASE_GRANT, LEASE_REVOKE } from "./call.ts";
import { cancelSoon } from "./cancel.ts";
import { isNotFound, registryErrorOf } from "./failure.ts";
import type { Member } from "./member.ts";
import type { Requests } from "./requests.ts";
import { type KeepAliveStream, openKeepAlive, type Opened } from "./streams.ts";

const MS_PER_SECOND = 1_000;
const KEEP_ALIVES_PER_TTL = 3;
const REOPEN_MS_MIN = 200;
const REOPEN_MS_MAX = 1_000;

/** Grants a lease and keeps it alive in the background until it is revoked or lost. */
export async function grantEtcdLease(
  requests: Requests,
  ttlMs: number,
  log: Logger,
  signal: AbortSignal,
): Promise<Lease> {
  const sentAtMs = requests.clock.monotonicMs();
  const ttlSeconds = String(Math.ceil(ttlMs / MS_PER_SECOND));
  const granted = await requests.send(LEASE_GRANT, { TTL: ttlSeconds }, signal);
  const term = new LeaseTerm(requests.clock, Number(granted.TTL) * MS_PER_SECOND, sentAtMs);
  const lease = new EtcdLease(requests, granted.ID, term, log);
  void lease.keepAlive();
  return lease;
}

class EtcdLease implements Lease {
  readonly id: LeaseId;
  readonly #requests: Requests;
  readonly #term: LeaseTerm;
  readonly #log: Logger;

  constructor(requests: Requests, id: LeaseId, term: LeaseTerm, log: Logger) {
    this.id = id;
    this.#requests = requests;
    this.#term = term;
    this.#log = log;
  }

  get ttlMs(): number {
    return this.#term.ttlMs;
  }

  get lost(): AbortSignal {
    return this.#term.lost;
  }

  remainingMs(): number {
    return this.#term.remainingMs();
  }

  steadySinceMs(): number {
    return this.#term.steadySinceMs();
  }

  abandon(): void {
    this.#term.giveUp();
  }

  async revoke(signal: AbortSignal): Promise<void> {
    this.#term.giveUp();
    try {
      await this.#requests.send(LEASE_REVOKE, { ID: this.id }, signal);
    } catch (error) {
      if (!isNotFound(error)) throw error; // it ended before: what was asked for is so
    }
  }

  /** Opens one stream after the other until the lease is over. */
  async keepAlive(): Promise<void> {
    using linked = linkSignals(this.#term.over, this.#requests.closed);
    const { signal } = linked;
    const { clock, members } = this.#requests;
    let reopenMs = REOPEN_MS_MIN;
    while (!signal.aborted) {
      const { best } = members;
      const heldMs = this.remainingMs();
      const error = await this.#keepAliveOnce(signal);
      if (signal.aborted) break;
      members.failed(best);
      const attempt = { operation: "keep-alive", endpoint: best.endpoint };
      const times = { ttlMs: this.ttlMs, remainingMs: this.remainingMs() };
      const err = registryErrorOf(error, attempt);
      this.#log.debug({ err, ...times }, "lease keep-alive interrupted");
      await clock.sleep(reopenMs, signal);
      const wentWell = this.remainingMs() > heldMs;
      reopenMs = wentWell ? REOPEN_MS_MIN : Math.min(reopenMs * 2, REOPEN_MS_MAX);
    }
    if (this.#requests.closed.aborted) this.#term.giveUp();
  }

  /** Keeps the lease alive over one stream; resolves with what ended it. */
  async #keepAliveOnce(signal: AbortSignal): Promise<unknown> {
    try {
      const opened = await openKeepAlive(this.#requests, signal);
      return await new KeepAlive(opened, this.id, this.#term, this.#requests).run(signal);
    } catch (error) {
      return error;
    }
  }
}

class KeepAlive {
  readonly #member: Member;
  readonly #stream: KeepAliveStream;
  readonly #id: LeaseId;
  readonly #term: LeaseTerm;
  readonly #requests: Requests;
  readonly #ended = new AbortController();
  /** When those that are not yet answered were sent; answers come in the same order. */
  readonly #sentAtMs: number[] = [];

  constructor(opened: Opened<KeepAliveStream>, id: LeaseId, term: LeaseTerm, requests: Requests) {
    this.#member = opened.member;
    this.#stream = opened.stream;
    this.#id = id;
    this.#term = term;
    this.#requests = requests;
  }

  /**
   * Resolves with what ended the stream, or says that nothing more is to be sent on it. What was sent
   * may still be answered, and counts: while etcd is slow the lease lasts.
   */
  async run(signal: AbortSignal): Promise<unknown> {
    const release = onAbort(signal, () => this.#ended.abort(signal.reason));
    const stream = this.#stream;
    // Stays attached: the stream reports its own cancellation as an error.
    stream.on("error", (error) => this.#ended.abort(error));
    stream.on("end", () => this.#ended.abort(new Error("etcd ended the stream")));
    stream.on("data", (answer: { readonly TTL: string }) => this.#receive(Number(answer.TTL)));
    const silence = await this.#beat();
    release();
    if (silence !== undefined) void this.#listenOn(signal);
    else cancelSoon(stream);
    return silence ?? this.#ended.signal.reason;
  }

  /** Sends keep-alives for as long as each is answered; undefined when the stream ended. */
  async #beat(): Promise<Error | undefined> {
    const { clock, timeoutMs } = this.#requests;
    const intervalMs = this.#term.ttlMs / KEEP_ALIVES_PER_TTL;
    const answerMs = Math.min(timeoutMs, intervalMs);
    while (!this.#ended.signal.aborted) {
      this.#sentAtMs.push(clock.monotonicMs());
      this.#member.asked();
      this.#stream.write({ ID: this.#id });
      await clock.sleep(answerMs, this.#ended.signal);
      if (this.#ended.signal.aborted) break;
      if (this.#sentAtMs.length > 0) {
        return new RegistryUnavailableError(`no answer within ${answerMs} ms`);
      }
      await clock.sleep(intervalMs - answerMs, this.#ended.signal);
    }
    return undefined;
  }

  /** For as long as an answer could still be of use. */
  async #listenOn(signal: AbortSignal): Promise<void> {
    const { clock } = this.#requests;
    const release = onAbort(signal, () => this.#ended.abort(signal.reason));
    await clock.sleep(this.#term.ttlMs, this.#ended.signal);
    release();
    cancelSoon(this.#stream);
  }

  #receive(ttlSeconds: number): void {
    const sentAtMs = this.#sentAtMs.shift();
    if (sentAtMs === undefined) return;
    if (ttlSeconds > 0) return this.#term.extend(sentAtMs);
    this.#term.lose(new Error("etcd says that the lease is over"));
  }
}
