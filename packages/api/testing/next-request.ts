import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** The server's end of the connection on which the next request begins, of any server of this process. */
export function nextRequest(): Promise<Socket> {
  const channel = "http.server.request.start";
  return new Promise((resolve) => {
    const onRequest = (started: unknown): void => {
      unsubscribe(channel, onRequest);
      resolve((started as { readonly socket: Socket }).socket);
    };
    subscribe(channel, onRequest);
  });
}
