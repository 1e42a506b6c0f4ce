import { Channel, type ChannelCredentials, type ChannelOptions, experimental } from "@grpc/grpc-js";

import type { Connection } from "./connection.ts";

/** gRPC chooses by it who resolves an endpoint's name. */
const SCHEME = "fleet-etcd";
const CONNECTION_OPTION = "fleet.connection";
/** Where the pinned gRPC makes what it connects by; it offers no other way to its sockets. */
const MAKE_CONNECTOR = "_createSecureConnector";

/** Opens a channel to `HOST:PORT` whose sockets `connection` knows of. Channels share no connection. */
export function openChannel(
  address: string,
  credentials: ChannelCredentials,
  options: ChannelOptions,
  connection: Connection,
): Channel {
  tellOfSockets(credentials, connection);
  return new Channel(`${SCHEME}:${address}`, credentials, {
    ...options,
    [CONNECTION_OPTION]: connection,
    // Otherwise gRPC shares the connections of a process to one address.
    "grpc.use_local_subchannel_pool": 1,
  });
}

function tellOfSockets(credentials: ChannelCredentials, connection: Connection): void {
  const create = credentials[MAKE_CONNECTOR].bind(credentials);
  credentials[MAKE_CONNECTOR] = (...args) => {
    const connector = create(...args);
    const connect = connector.connect.bind(connector);
    connector.connect = async (socket) => {
      connection.accepted(socket);
      const result = await connect(socket);
      if (result.socket !== socket) connection.accepted(result.socket); // now by TLS
      return result;
    };
    return connector;
  };
}

/** Resolves names as gRPC does, and has Node destroy the sockets to their addresses when the connection is dropped. */
class ConnectionResolver implements experimental.Resolver {
  readonly #dns: experimental.Resolver;

  constructor(
    target: experimental.GrpcUri,
    listener: experimental.ResolverListener,
    options: ChannelOptions,
  ) {
    const connection = options[CONNECTION_OPTION] as Connection;
    const listen: experimental.ResolverListener = (found, ...rest) =>
      listener(
        found.ok ? { ok: true, value: found.value.map(abortable(connection)) } : found,
        ...rest,
      );
    this.#dns = experimental.createResolver({ ...target, scheme: "dns" }, listen, options);
  }

  static getDefaultAuthority(target: experimental.GrpcUri): string {
    return target.path;
  }

  updateResolution(): void {
    this.#dns.updateResolution();
  }

  destroy(): void {
    this.#dns.destroy();
  }
}

experimental.registerResolver(SCHEME, ConnectionResolver);

/** gRPC hands an address as it is to `net.connect`, which takes a signal with it, and asks for it at each attempt. */
function abortable(connection: Connection) {
  return (endpoint: experimental.Endpoint): experimental.Endpoint => ({
    addresses: endpoint.addresses.map((address) => ({
      ...address,
      get signal() {
        return connection.begun(experimental.subchannelAddressToString(address));
      },
    })),
  });
}
