import { once } from "node:events";
import { connect, Socket } from "node:net";
import type { Duplex } from "node:stream";

import type { DialTarget } from "./endpoint.ts";

/** Connects to a unix socket or an address; what fails is the system's own error. */
export async function dialDirectly(target: DialTarget, signal: AbortSignal): Promise<Duplex> {
  const socket = connect(target.kind === "unix" ? { path: target.path } : { ...target });
  try {
    await once(socket, "connect", { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** What Node's agent calls on a connection that it keeps; a stream that is no socket lacks it. */
const SOCKET_METHODS = ["setKeepAlive", "setNoDelay", "setTimeout", "ref", "unref"] as const;

/** Lets a stream of any kind (a child process's pipes, for example) stand for a socket. */
export function asSocket(stream: Duplex): Duplex {
  if (stream instanceof Socket) return stream;
  const lacking = SOCKET_METHODS.filter((name) => !(name in stream));
  return Object.assign(stream, Object.fromEntries(lacking.map((name) => [name, () => stream])));
}
