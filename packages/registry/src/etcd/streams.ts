import type { Client, ClientDuplexStream, Metadata } from "@grpc/grpc-js";
import type {
  ILeaseKeepAliveRequest,
  ILeaseKeepAliveResponse,
  IWatchCreateRequest,
  IWatchResponse,
} from "etcd3";

import type { Member } from "./member.ts";
import type { Requests } from "./requests.ts";

export type WatchStream = ClientDuplexStream<
  { readonly create_request: IWatchCreateRequest },
  IWatchResponse
>;
export type KeepAliveStream = ClientDuplexStream<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>;

/** A stream to one member; ends with an error when that member loses its leader. */
export interface Opened<Stream> {
  readonly member: Member;
  readonly stream: Stream;
}

/** The methods exist at run time only: gRPC makes them from etcd's protocol description. */
interface StreamMethods {
  watch(metadata: Metadata): WatchStream;
  leaseKeepAlive(metadata: Metadata): KeepAliveStream;
}

export function openWatch(requests: Requests, signal: AbortSignal): Promise<Opened<WatchStream>> {
  return open(requests, "Watch", (methods, metadata) => methods.watch(metadata), signal);
}

export function openKeepAlive(
  requests: Requests,
  signal: AbortSignal,
): Promise<Opened<KeepAliveStream>> {
  return open(requests, "Lease", (methods, metadata) => methods.leaseKeepAlive(metadata), signal);
}

async function open<Stream>(
  requests: Requests,
  service: "Watch" | "Lease",
  start: (methods: StreamMethods, metadata: Metadata) => Stream,
  signal: AbortSignal,
): Promise<Opened<Stream>> {
  const member = requests.members.best;
  const deadlineMs = requests.clock.nowMs() + requests.timeoutMs;
  const metadata = await requests.credentials.metadata(member, deadlineMs, signal);
  const client: Client = member.client(service);
  return { member, stream: start(client as unknown as StreamMethods, metadata) };
}
