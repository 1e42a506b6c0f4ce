import type {
  CallOptions,
  Client,
  ClientUnaryCall,
  Metadata,
  requestCallback,
} from "@grpc/grpc-js";
import type {
  IAuthenticateRequest,
  IAuthenticateResponse,
  ILeaseGrantRequest,
  ILeaseGrantResponse,
  ILeaseRevokeRequest,
  ILeaseRevokeResponse,
  ILeaseTimeToLiveRequest,
  ILeaseTimeToLiveResponse,
  IRangeRequest,
  IRangeResponse,
  ITxnRequest,
  ITxnResponse,
} from "etcd3";

import { onAbort } from "../signals.ts";
import { cancelSoon } from "./cancel.ts";
import type { Member } from "./member.ts";

/** One of etcd's remote procedures. */
export interface Procedure<Request, Response> {
  readonly service: "KV" | "Lease" | "Auth";
  readonly method: string;
  /** How failures name it. */
  readonly operation: string;
  /** Doing it twice does no harm: it may be tried again on another member. */
  readonly repeatable: boolean;
  readonly types?: (request: Request) => Response;
}

export const RANGE: Procedure<IRangeRequest, IRangeResponse> = {
  service: "KV",
  method: "range",
  operation: "range",
  repeatable: true,
};
export const TXN: Procedure<ITxnRequest, ITxnResponse> = {
  service: "KV",
  method: "txn",
  operation: "transaction",
  repeatable: false,
};
/** The same for a transaction that only reads. */
export const READ_TXN: Procedure<ITxnRequest, ITxnResponse> = { ...TXN, repeatable: true };
/** A lease granted twice leaves one behind that nobody keeps alive: it ends by itself. */
export const LEASE_GRANT: Procedure<ILeaseGrantRequest, ILeaseGrantResponse> = {
  service: "Lease",
  method: "leaseGrant",
  operation: "lease grant",
  repeatable: true,
};
export const LEASE_REVOKE: Procedure<ILeaseRevokeRequest, ILeaseRevokeResponse> = {
  service: "Lease",
  method: "leaseRevoke",
  operation: "lease revoke",
  repeatable: true,
};
export const LEASE_TIME: Procedure<ILeaseTimeToLiveRequest, ILeaseTimeToLiveResponse> = {
  service: "Lease",
  method: "leaseTimeToLive",
  operation: "lease time",
  repeatable: true,
};
export const AUTHENTICATE: Procedure<IAuthenticateRequest, IAuthenticateResponse> = {
  service: "Auth",
  method: "authenticate",
  operation: "authenticate",
  repeatable: true,
};

export interface Call<Request> {
  readonly request: Request;
  readonly metadata: Metadata;
  /** Wall clock, as gRPC wants it. */
  readonly deadlineMs: number;
}

type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: CallOptions,
  done: requestCallback<Response>,
) => ClientUnaryCall;

/**
 * Makes one call to one member. Rejects with gRPC's error as it is, or at once with the reason of
 * `signal`; what was sent may then still happen.
 */
export function callMember<Request, Response>(
  member: Member,
  procedure: Procedure<Request, Response>,
  call: Call<Request>,
  signal: AbortSignal,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const client = member.client(procedure.service);
    const options = { deadline: call.deadlineMs };
    member.asked();
    const sent = methodOf(client, procedure)(
      call.request,
      call.metadata,
      options,
      (error, answer) => {
        release();
        if (error !== null) reject(error);
        else if (answer === undefined) reject(new Error("an empty answer"));
        else resolve(answer);
      },
    );
    const release = onAbort(signal, () => {
      reject(signal.reason as Error);
      cancelSoon(sent);
    });
  });
}

/** The methods exist at run time only: gRPC makes them from etcd's protocol description. */
function methodOf<Request, Response>(client: Client, procedure: Procedure<Request, Response>) {
  const methods = client as unknown as Record<string, UnaryMethod<Request, Response>>;
  const method = methods[procedure.method];
  if (method === undefined) throw new Error(`etcd has no method ${procedure.method}`);
  return method.bind(client);
}
