import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

import type { Clock } from "@fleet/core";

/** How long a client may take to read why it was refused. */
const LINGER_MS = 1_000;

/** By the code of Node's error; anything else is no HTTP. */
const STATUSES: ReadonlyMap<string, number> = new Map([
  ["HPE_HEADER_OVERFLOW", 431],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", 413],
  ["ERR_HTTP_REQUEST_TIMEOUT", 408],
]);
const BAD_REQUEST = 400;

/** A connection on which something came that is no request, or did not come in time. */
export interface BrokenConnection {
  readonly socket: Duplex;
  readonly error: Error & { readonly code?: string };
  /** What is being answered on it. */
  readonly underWay: ServerResponse | undefined;
}

/**
 * Says in plain text what is wrong, as Go's server does, and ends the connection. Nothing is said into the middle of
 * another answer. What still comes is read and dropped for a second: a connection that is closed on unread bytes
 * takes our answer along.
 */
export async function refuseUnreadable(
  { socket, error, underWay }: BrokenConnection,
  server: string,
  clock: Clock,
): Promise<void> {
  if (socket.writableEnded) return;
  if (!socket.writable || underWay?.headersSent === true) {
    socket.destroy();
    return;
  }
  const status = STATUSES.get(error.code ?? "") ?? BAD_REQUEST;
  const text = `${status} ${STATUS_CODES[status] ?? ""}`;
  const head = [
    `HTTP/1.1 ${text}`,
    `Server: ${server}`,
    "Content-Type: text/plain; charset=utf-8",
    "Connection: close",
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  const closed = new AbortController();
  socket.once("close", () => closed.abort());
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}`);
  await clock.sleep(LINGER_MS, closed.signal);
  socket.destroy();
}
