import type { RequestListener } from "node:http";

import type { Logger } from "@fleet/core";
import type { DropRegistry, MachineRegistry, UnitRegistry } from "@fleet/registry";

import { createApp } from "./app.ts";
import { createFront } from "./front.ts";
import type { MetricsText } from "./metrics.ts";

export interface ApiHandlerOptions {
  readonly registry: UnitRegistry & MachineRegistry & Pick<DropRegistry, "dropPage">;
  /** Entries in a page, 1 to 65535. */
  readonly tokenLimit: number;
  /** What the `Server` header says after `fleetd/`. */
  readonly version: string;
  readonly log: Logger;
  /** While it says no, every request is answered 503. */
  readonly available: () => boolean;
  /** What `/metrics` shows; without it there is no such path. */
  readonly metrics?: () => Promise<MetricsText>;
}

/** fleet's HTTP API v1 from a request to its answer, whatever both travel on. */
export interface ApiHandler {
  /** Serves one request; not before `ready`. */
  readonly serve: RequestListener;
  ready(): Promise<void>;
  /** Changes the size of pages; tokens of another size are refused from now on, as in fleet. */
  setTokenLimit(tokenLimit: number): void;
  close(): Promise<void>;
}

export function createApiHandler(options: ApiHandlerOptions): ApiHandler {
  let { tokenLimit } = options;
  const app = createApp({ ...options, tokenLimit: () => tokenLimit });
  const serverName = `fleetd/${options.version}`;
  return {
    serve: createFront({ ...options, serverName }, (request, response) =>
      app.routing(request, response),
    ),
    async ready() {
      await app.ready();
    },
    setTokenLimit(limit) {
      tokenLimit = limit;
    },
    close: () => app.close(),
  };
}
