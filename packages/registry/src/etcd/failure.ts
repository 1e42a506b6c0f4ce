import { messageOf, RegistryUnavailableError } from "@fleet/core";
import { type ServiceError, status } from "@grpc/grpc-js";

import { RevisionCompactedError } from "../errors.ts";

/** What was asked of which member, for the one line that a failure becomes. */
export interface Attempt {
  /** E.g. `range` or `lease grant`. */
  readonly operation: string;
  readonly endpoint: string;
  readonly timeoutMs?: number;
}

/** A failure of etcd or of the way there as one of ours: operation, endpoint, reason. */
export function registryErrorOf(error: unknown, attempt: Attempt): Error {
  const where = `etcd ${attempt.operation} at ${attempt.endpoint}`;
  const reason = reasonOf(error, attempt);
  if (codeOf(error) === status.OUT_OF_RANGE && reason.includes("compacted")) {
    return new RevisionCompactedError(`${where}: ${reason}`, { cause: error });
  }
  return new RegistryUnavailableError(`${where}: ${reason}`, { cause: error });
}

/**
 * True when the request certainly never left this process. The words are those of the pinned
 * @grpc/grpc-js; should they change, a write is not tried again where it could have been.
 */
export function wasNeverSent(error: unknown): boolean {
  return (
    codeOf(error) === status.UNAVAILABLE &&
    /^(?:No connection established|Name resolution failed)/.test(detailsOf(error))
  );
}

/** True when the member could not be reached or did not answer, false when it answered "no". */
export function isMemberFailure(error: unknown): boolean {
  return isServiceError(error) && MEMBER_FAILURES.has(error.code);
}

/** True when the member knows of no leader and has refused at once, as `hasleader` asks: nothing was done. */
export function hasNoLeader(error: unknown): boolean {
  return detailsOf(error).includes("etcdserver: no leader");
}

/** True when the members are electing a leader: they will answer again in a moment. */
export function isElection(error: unknown): boolean {
  return hasNoLeader(error) || detailsOf(error).includes("etcdserver: leader changed");
}

/** True when etcd no longer takes the token: nothing was done, a new token helps. */
export function isTokenRefused(error: unknown): boolean {
  return /invalid auth token|revision of auth store is old/.test(detailsOf(error));
}

const MEMBER_FAILURES: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.INTERNAL,
  status.UNKNOWN,
]);

/** Node's words where a connection was dropped; gRPC wraps them in ever other ones, some with the time. */
const DROPPED = "The operation was aborted";

function reasonOf(error: unknown, attempt: Attempt): string {
  if (codeOf(error) === status.DEADLINE_EXCEEDED && attempt.timeoutMs !== undefined) {
    return `no answer within ${attempt.timeoutMs} ms`;
  }
  if (detailsOf(error).includes(DROPPED)) return "nothing was heard from it";
  return detailsOf(error)
    .replace(/^No connection established\. Last error: (?:Error: )?/, "")
    .replace(/\.? Resolution note: .*$/, "");
}

function codeOf(error: unknown): number | undefined {
  return isServiceError(error) ? error.code : undefined;
}

function detailsOf(error: unknown): string {
  if (isServiceError(error)) return error.details;
  return messageOf(error);
}

/** True for the error that {@link registryErrorOf} made when etcd did not know what was named. */
export function isNotFound(error: unknown): boolean {
  return error instanceof RegistryUnavailableError && codeOf(error.cause) === status.NOT_FOUND;
}

/** True for what gRPC reports; anything else is a mistake of ours. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error;
}
