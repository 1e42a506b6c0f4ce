import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  ServerResponse,
} from "node:http";
import { Server as NetServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";

import { type Clock, type Logger, messageOf } from "@fleet/core";

import { ListenError } from "./errors.ts";
import { refuseUnreadable } from "./unreadable-request.ts";

/** Where to listen: a descriptor that systemd passed, a path for a unix socket, or an address. */
export type ListenTarget =
  | { readonly fd: number }
  | { readonly path: string }
  /** Port 0 lets the system choose. */
  | { readonly host: string; readonly port: number };

/** How long a client may take. */
export interface ListenerLimits {
  /** From the first byte, or from the connection, to the end of the headers. */
  readonly headersMs: number;
  /** From the first byte to the end of the body. */
  readonly requestMs: number;
  /** Between two requests; twice that without reading any of an answer. */
  readonly idleMs: number;
  /** How exact the first two are. */
  readonly checkEveryMs: number;
}

export const LISTENER_LIMITS: ListenerLimits = {
  headersMs: 20_000,
  requestMs: 60_000,
  idleMs: 120_000,
  checkEveryMs: 1_000,
};

const CONNECTIONS_MAX = 1_000;

export interface ListenerOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: ListenerLimits;
  /** What names us to a client that sent no request. */
  readonly serverName: string;
}

/** One socket that serves requests until it is closed. */
export interface Listener {
  /** As asked for, with the port that the system chose. */
  readonly address: ListenTarget;
  /** Takes no new requests, lets those under way finish for `graceMs`, then cuts them off. */
  close(graceMs: number): Promise<void>;
}

/** @throws {ListenError} when the socket cannot be had. */
export async function openListener(
  target: ListenTarget,
  serve: RequestListener,
  options: ListenerOptions,
): Promise<Listener> {
  const underWay = new Set<ServerResponse>();
  const server = createHttpServer(options.limits);
  const onRequest: RequestListener = (request, response) => {
    underWay.add(response);
    response.once("close", () => underWay.delete(response));
    serve(request, response);
  };
  server.on("request", onRequest);
  server.on("checkExpectation", onRequest);
  server.on("connect", (request, socket) => serveConnect(serve, request, socket));
  server.on("clientError", (error, socket) => {
    const answering = [...underWay].find((response) => response.socket === socket);
    const broken = { socket, error, underWay: answering };
    void refuseUnreadable(broken, options.serverName, options.clock);
  });
  await listen(server, target);
  const address = addressOf(server, target);
  server.on("error", (error) => {
    options.log.error(
      { err: error },
      `Failed serving HTTP on listener: addr: ${nameOf(address)}, err: ${error.message}`,
    );
  });
  return { address, close: (graceMs) => close(server, underWay, options.clock, graceMs) };
}

/** Names of hosts are not asked for, as in fleet; the number of headers is bounded by their size. */
function createHttpServer(limits: ListenerLimits): Server {
  const server = createServer({
    requireHostHeader: false,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: limits.checkEveryMs,
  });
  server.timeout = limits.idleMs;
  server.maxHeadersCount = 0;
  // Whoever has sent all of a request may end that direction and still wait for the answer, as `socat` and `nc -N` do.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

/** Node makes no request of a CONNECT; fleet answers it like any other method. */
function serveConnect(serve: RequestListener, request: IncomingMessage, socket: Duplex): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.once("finish", () => socket.end(() => socket.destroy()));
  socket.on("error", () => socket.destroy()); // whoever asked has gone
  response.assignSocket(socket as Socket);
  serve(request, response);
}

function listen(server: Server, target: ListenTarget): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => {
      reject(
        new ListenError(`cannot listen on ${nameOf(target)}: ${messageOf(error)}`, {
          cause: error,
        }),
      );
    };
    server.once("error", refuse);
    server.listen(target, () => {
      server.off("error", refuse);
      resolve();
    });
  });
}

/** A unix socket that came as a descriptor has no address that Node could tell. */
function addressOf(server: Server, target: ListenTarget): ListenTarget {
  const bound = server.address();
  if (bound === null || typeof bound === "string") return target;
  return { host: bound.address, port: bound.port };
}

function nameOf(target: ListenTarget): string {
  if ("fd" in target) return `file descriptor ${target.fd}`;
  return "path" in target ? target.path : `${target.host}:${target.port}`;
}

async function close(
  server: Server,
  underWay: ReadonlySet<ServerResponse>,
  clock: Clock,
  graceMs: number,
): Promise<void> {
  const over = new AbortController();
  const closed = new Promise<void>((resolve) => {
    // An HTTP server's own `close` takes a connection for idle whose answer has not all been sent yet.
    NetServer.prototype.close.call(server, () => {
      over.abort();
      server.close(() => resolve());
    });
  });
  const closeIdle = (): void => {
    const isSending = [...underWay].some((response) => response.writableEnded);
    if (!isSending) server.closeIdleConnections();
  };
  for (const response of underWay) {
    // A connection that is kept alive would outlive its last answer.
    if (!response.headersSent) response.setHeader("Connection", "close");
    response.once("close", closeIdle);
  }
  closeIdle();
  await clock.sleep(graceMs, over.signal);
  server.closeAllConnections();
  await closed;
}
