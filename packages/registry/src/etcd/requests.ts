import { setImmediate } from "node:timers/promises";

import type { Clock } from "@fleet/core";

import { linkSignals } from "../signals.ts";
import { callMember, type Procedure } from "./call.ts";
import { Credentials, type EtcdUser } from "./credentials.ts";
import {
  hasNoLeader,
  isElection,
  isMemberFailure,
  isServiceError,
  isTokenRefused,
  registryErrorOf,
  wasNeverSent,
} from "./failure.ts";
import type { EtcdTls, Member } from "./member.ts";
import { Members } from "./members.ts";

/** One for those who hear of the end in a promise to ask for the cancelling, one for the cancelling. */
const CANCEL_TURNS = 2;

export interface RequestsOptions {
  readonly endpoints: readonly string[];
  readonly requestTimeoutMs: number;
  readonly tls: EtcdTls | undefined;
  readonly user: EtcdUser | undefined;
  readonly clock: Clock;
}

/** While a leader is elected the members are asked again this much later. */
const ELECTION_RETRY_MS = 100;

/** What became of a request after every member was asked that may be. */
type Round<Response> =
  | { readonly answer: Response }
  | {
      readonly error: unknown;
      readonly member: Member;
      /** A leader is being elected, and the request may be made again. */
      readonly isElecting: boolean;
    };

/**
 * Requests to whichever member works. All of a request's attempts share one deadline; only what may
 * be repeated, or certainly did not happen, is tried on a second member, and again while a leader
 * is being elected.
 */
export class Requests {
  readonly members: Members;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly #closed = new AbortController();

  constructor(options: RequestsOptions) {
    this.members = new Members(options.endpoints, { ...options, closed: this.closed });
    this.credentials = new Credentials(options.user);
    this.clock = options.clock;
    this.timeoutMs = options.requestTimeoutMs;
  }

  /** Aborts when the store is closed. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Connections are closed behind the calls that are cancelled with them. */
  async close(): Promise<void> {
    this.#closed.abort(new Error("the connection to etcd was closed"));
    for (let turn = 0; turn < CANCEL_TURNS; turn += 1) await setImmediate();
    this.members.close();
  }

  /**
   * @throws {RegistryUnavailableError} when no member gave an answer in time, or etcd refused.
   * @throws {RevisionCompactedError} when the revision asked for is gone.
   */
  async send<Request, Response>(
    procedure: Procedure<Request, Response>,
    request: Request,
    signal: AbortSignal,
  ): Promise<Response> {
    signal.throwIfAborted();
    using linked = linkSignals(signal, this.closed);
    const endMs = this.clock.monotonicMs() + this.timeoutMs;
    for (;;) {
      const round = await this.#askAll(procedure, request, endMs, linked.signal);
      if ("answer" in round) return round.answer;
      if (signal.aborted) throw round.error;
      const mayWait = round.isElecting && this.clock.monotonicMs() + ELECTION_RETRY_MS < endMs;
      if (!mayWait) throw this.#failureOf(procedure, round.member, round.error);
      await this.clock.sleep(ELECTION_RETRY_MS, linked.signal);
    }
  }

  /** Asks one member after the other, each once, until one answers or the request must not be repeated. */
  async #askAll<Request, Response>(
    procedure: Procedure<Request, Response>,
    request: Request,
    endMs: number,
    signal: AbortSignal,
  ): Promise<Round<Response>> {
    let isElecting = false;
    const members = this.members.inOrder;
    for (const [index, member] of members.entries()) {
      const isLast = index === members.length - 1;
      const leftMs = endMs - this.clock.monotonicMs();
      // A member that hangs must leave the next one time to answer.
      const timeoutMs = Math.ceil(isLast || !procedure.repeatable ? leftMs : leftMs / 2);
      try {
        return { answer: await this.#attempt(member, procedure, { request, timeoutMs }, signal) };
      } catch (error) {
        if (!signal.aborted && isMemberFailure(error)) this.members.failed(member);
        const mayRepeat = !signal.aborted && mayBeRepeated(procedure, error);
        isElecting ||= isElection(error);
        if (isLast || !mayRepeat) return { error, member, isElecting: isElecting && mayRepeat };
      }
    }
    throw new Error("no etcd member");
  }

  #failureOf(procedure: { readonly operation: string }, member: Member, error: unknown): unknown {
    if (!isServiceError(error) && !this.closed.aborted) return error; // a mistake of ours
    const { operation } = procedure;
    const { endpoint } = member;
    return registryErrorOf(error, { operation, endpoint, timeoutMs: this.timeoutMs });
  }

  async #attempt<Request, Response>(
    member: Member,
    procedure: Procedure<Request, Response>,
    what: { readonly request: Request; readonly timeoutMs: number },
    signal: AbortSignal,
  ): Promise<Response> {
    const deadlineMs = this.clock.nowMs() + what.timeoutMs;
    const send = async (): Promise<Response> => {
      const metadata = await this.credentials.metadata(member, deadlineMs, signal);
      const call = { request: what.request, metadata, deadlineMs };
      return callMember(member, procedure, call, signal);
    };
    try {
      return await send();
    } catch (error) {
      if (!isTokenRefused(error)) throw error;
      this.credentials.forget();
      return send();
    }
  }
}

function mayBeRepeated(procedure: { readonly repeatable: boolean }, error: unknown): boolean {
  if (wasNeverSent(error) || hasNoLeader(error)) return true;
  return procedure.repeatable && isMemberFailure(error);
}
