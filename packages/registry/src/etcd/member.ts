import { isIP } from "node:net";

import type { Clock } from "@fleet/core";
import {
  type ChannelCredentials,
  type ChannelInterface,
  type ChannelOptions,
  type Client,
  credentials,
} from "@grpc/grpc-js";
import { noop } from "cockatiel";
import { Host } from "etcd3/lib/connection-pool.js";

import { openChannel } from "./channel.ts";
import { Connection } from "./connection.ts";
import { SilenceGuard } from "./silence-guard.ts";

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
  // A connection that died while nothing was asked is noticed within 15 s. Faster than 5 s, etcd hangs up
  // (too_many_pings).
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
  // etcd hangs up, too, on those who ping a member while they ask nothing of it.
  "grpc.keepalive_permit_without_calls": 0,
  // A member that comes back is found again within a second.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.min_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1_000,
};

export interface MemberOptions {
  readonly tls: EtcdTls | undefined;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  /** Aborts when the store is closed. */
  readonly closed: AbortSignal;
}

/** One etcd member and the connection to it, which is opened at the first call. */
export class Member {
  readonly endpoint: string;
  readonly #host: Host;
  readonly #channel: ChannelInterface;
  readonly #connection = new Connection();
  readonly #guard: SilenceGuard;

  constructor(endpoint: string, options: MemberOptions) {
    this.endpoint = endpoint;
    const secrets = channelCredentials(endpoint, options.tls);
    const address = endpoint.replace(/^https?:\/\//, "");
    this.#channel = openChannel(address, secrets, CHANNEL_OPTIONS, this.#connection);
    // etcd3's own retries repeat writes, and its circuit breaker blocks every call after one slow one.
    this.#host = new Host(endpoint, secrets, { channelOverride: this.#channel }, noop);
    this.#guard = new SilenceGuard({ ...options, connection: this.#connection });
  }

  client(service: "KV" | "Lease" | "Watch" | "Auth"): Client {
    return this.#host.getServiceClient(service);
  }

  /** To be told of all that it has to answer: where nothing comes, its connection is dropped. */
  asked(): void {
    this.#guard.asked();
  }

  close(): void {
    this.#channel.close();
    // Nobody waits for one that hangs, or is not yet there.
    setImmediate(() => this.#connection.drop());
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
