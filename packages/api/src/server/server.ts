import type { Clock, Logger } from "@fleet/core";
import type { DropRegistry, MachineRegistry, UnitRegistry } from "@fleet/registry";

import { createApp } from "./app.ts";
import { createFront } from "./front.ts";
import {
  type Listener,
  LISTENER_LIMITS,
  type ListenerLimits,
  type ListenTarget,
  openListener,
} from "./listener.ts";
import type { MetricsText } from "./metrics.ts";

export interface ApiServerOptions {
  readonly registry: UnitRegistry & MachineRegistry & Pick<DropRegistry, "dropPage">;
  /** Entries in a page, 1 to 65535. */
  readonly tokenLimit: number;
  /** What the `Server` header says after `fleetd/`. */
  readonly version: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** While it says no, every request is answered 503. */
  readonly available: () => boolean;
  /** What `/metrics` shows; without it there is no such path. */
  readonly metrics?: () => Promise<MetricsText>;
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
  let { tokenLimit } = options;
  const { log, clock, limits = LISTENER_LIMITS } = options;
  const serverName = `fleetd/${options.version}`;
  const app = createApp({ ...options, tokenLimit: () => tokenLimit });
  const serve = createFront({ ...options, serverName }, (request, response) =>
    app.routing(request, response),
  );
  const listeners: Listener[] = [];
  return {
    async listen(target) {
      await app.ready();
      const listener = await openListener(target, serve, { clock, log, limits, serverName });
      listeners.push(listener);
      return listener.address;
    },
    setTokenLimit(limit) {
      tokenLimit = limit;
    },
    async close(graceMs) {
      await Promise.all(listeners.splice(0).map((listener) => listener.close(graceMs)));
      await app.close();
    },
  };
}
