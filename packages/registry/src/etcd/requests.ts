import type { Clock } from "@fleet/core";

import { linkSignals } from "../signals.ts";
import { callMember, type Procedure } from "./call.ts";
import { Credentials, type EtcdUser } from "./credentials.ts";
import {
  isMemberFailure,
  isServiceError,
  isTokenRefused,
  registryErrorOf,
  wasNeverSent,
} from "./failure.ts";
import type { EtcdTls, Member } from "./member.ts";
import { Members } from "./members.ts";

export interface RequestsOptions {
  readonly endpoints: readonly string[];
  readonly requestTimeoutMs: number;
  readonly tls: EtcdTls | undefined;
  readonly user: EtcdUser | undefined;
  readonly clock: Clock;
}

/**
 * Requests to whichever member works. All of a request's attempts share one deadline; only what may
 * be repeated, or was never sent, is tried on a second member.
 */
export class Requests {
  readonly members: Members;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly #closed = new AbortController();

  constructor(options: RequestsOptions) {
    this.members = new Members(options.endpoints, options.tls);
    this.credentials = new Credentials(options.user);
    this.clock = options.clock;
    this.timeoutMs = options.requestTimeoutMs;
  }

  /** Aborts when the store is closed. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  close(): void {
    this.#closed.abort(new Error("the connection to etcd was closed"));
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
    const endMs = this.clock.nowMs() + this.timeoutMs;
    const members = this.members.inOrder;
    for (const [index, member] of members.entries()) {
      const isLast = index === members.length - 1;
      const leftMs = endMs - this.clock.nowMs();
      // A member that hangs must leave the next one time to answer.
      const timeoutMs = Math.ceil(isLast || !procedure.repeatable ? leftMs : leftMs / 2);
      try {
        return await this.#attempt(member, procedure, { request, timeoutMs }, linked.signal);
      } catch (error) {
        if (signal.aborted) throw error;
        if (isMemberFailure(error)) this.members.failed(member);
        if (!isLast && this.#mayRepeat(procedure, error)) continue;
        throw this.#failureOf(procedure, member, error);
      }
    }
    throw new Error("no etcd member");
  }

  #mayRepeat(procedure: { readonly repeatable: boolean }, error: unknown): boolean {
    if (this.closed.aborted) return false;
    return wasNeverSent(error) || (procedure.repeatable && isMemberFailure(error));
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
