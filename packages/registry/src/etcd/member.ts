import { isIP } from "node:net";

import {
  type ChannelCredentials,
  type ChannelOptions,
  type Client,
  credentials,
} from "@grpc/grpc-js";
import { noop } from "cockatiel";
import { Host } from "etcd3/lib/connection-pool.js";

/** PEM texts. Without `ca` the system's authorities are believed. */
export interface EtcdTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** False takes any certificate: the connection is encrypted, but to nobody knows whom. */
  readonly verifyServer?: boolean;
}

/**
 * etcd refuses requests above 1.5 MiB, but answers with pages of a thousand values; the default
 * limit of 4 MiB loses watch events.
 */
const CHANNEL_OPTIONS: ChannelOptions = {
  "grpc.max_receive_message_length": 64 << 20,
  "grpc.max_send_message_length": 4 << 20,
  // A dead connection is noticed within 15 s. Faster than 5 s, etcd hangs up (too_many_pings).
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
  // etcd hangs up, too, on those who ping a member while they ask nothing of it.
  "grpc.keepalive_permit_without_calls": 0,
  // A member that comes back is found again within a second.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.min_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1_000,
};

/** One etcd member and the connection to it, which is opened at the first call. */
export class Member {
  readonly endpoint: string;
  readonly #host: Host;

  constructor(endpoint: string, tls: EtcdTls | undefined) {
    this.endpoint = endpoint;
    // etcd3's own retries repeat writes, and its circuit breaker blocks every call after one slow one.
    this.#host = new Host(endpoint, channelCredentials(endpoint, tls), CHANNEL_OPTIONS, noop);
  }

  client(service: "KV" | "Lease" | "Watch" | "Auth"): Client {
    return this.#host.getServiceClient(service);
  }

  close(): void {
    this.#host.close();
  }
}

function channelCredentials(endpoint: string, tls: EtcdTls | undefined) {
  if (!endpoint.startsWith("https:")) return credentials.createInsecure();
  const options = { rejectUnauthorized: tls?.verifyServer ?? true };
  const { ca = null, key = null, cert = null } = tls ?? {};
  const secure = credentials.createSsl(ca, key, cert, options);
  const host = new URL(endpoint).hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 ? secure : withoutServerName(secure);
}

/** Where the pinned gRPC makes its TLS options; elsewhere there is no way to have none of them. */
const MAKE_CONNECTOR = "_createSecureConnector";

/**
 * TLS names a server, and never by its address: gRPC does all the same, of which Node warns
 * (DEP0123). The certificate is held against the address either way.
 */
function withoutServerName(secure: ChannelCredentials): ChannelCredentials {
  const create = secure[MAKE_CONNECTOR].bind(secure);
  secure[MAKE_CONNECTOR] = (...args) => {
    const connector: object = create(...args);
    if ("connectionOptions" in connector) {
      Object.assign(connector.connectionOptions as object, { servername: "" });
    }
    return connector as ReturnType<typeof create>;
  };
  return secure;
}
