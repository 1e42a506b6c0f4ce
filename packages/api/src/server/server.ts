import type { Clock } from "@fleet/core";

import { type ApiHandlerOptions, createApiHandler } from "./handler.ts";
import {
  type Listener,
  LISTENER_LIMITS,
  type ListenerLimits,
  type ListenTarget,
  openListener,
} from "./listener.ts";

export interface ApiServerOptions extends ApiHandlerOptions {
  readonly clock: Clock;
  /** Those of docs/api-v1.md unless given. */
  readonly limits?: ListenerLimits;
}

/** fleet's HTTP API v1 on any number of sockets. */
export interface ApiServer {
  /**
   * Starts to serve on one more socket; resolves with its address.
   * @throws {ListenError} when the socket cannot be had.
   */
  listen(target: ListenTarget): Promise<ListenTarget>;
  /** Changes the size of pages; tokens of another size are refused from now on, as in fleet. */
  setTokenLimit(tokenLimit: number): void;
  /** Ends all listeners; requests under way get `graceMs` to finish. */
  close(graceMs: number): Promise<void>;
}

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { log, clock, limits = LISTENER_LIMITS } = options;
  const serverName = `fleetd/${options.version}`;
  const handler = createApiHandler(options);
  const listeners: Listener[] = [];
  return {
    async listen(target) {
      await handler.ready();
      const listening = { clock, log, limits, serverName };
      const listener = await openListener(target, handler.serve, listening);
      listeners.push(listener);
      return listener.address;
    },
    setTokenLimit: (limit) => handler.setTokenLimit(limit),
    async close(graceMs) {
      await Promise.all(listeners.splice(0).map((listener) => listener.close(graceMs)));
      await handler.close();
    },
  };
}
