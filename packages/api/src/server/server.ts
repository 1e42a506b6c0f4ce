import { METHODS } from "node:http";

import type { Clock, Logger } from "@fleet/core";
import type { MachineRegistry, UnitRegistry } from "@fleet/registry";
import { fastify, type FastifyInstance } from "fastify";

import { writeAnswer } from "./answer.ts";
import { discoveryRoute } from "./discovery.ts";
import { answerTo, RequestError } from "./errors.ts";
import { createFront } from "./front.ts";
import { type Listener, type ListenTarget, openListener } from "./listener.ts";
import { machineRoutes } from "./machines.ts";
import { metricsRoute, type MetricsText } from "./metrics.ts";
import { answering, type RouteOptions } from "./routes.ts";
import { stateRoutes } from "./state.ts";
import { unitRoutes } from "./units.ts";

export interface ApiServerOptions {
  readonly registry: UnitRegistry & MachineRegistry;
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

/** fleet's own root, and the older name that it kept serving. */
const ROOTS = ["/fleet/v1", "/v1-alpha"] as const;
/** Longer than the longest request line that Node reads. */
const NAME_CHARS_MAX = 65_536;

export function createApiServer(options: ApiServerOptions): ApiServer {
  let { tokenLimit } = options;
  const { registry, log, clock, metrics } = options;
  const app = createApp({ registry, log, tokenLimit: () => tokenLimit }, metrics);
  const serve = createFront(options, (request, response) => app.routing(request, response));
  const listeners: Listener[] = [];
  return {
    async listen(target) {
      await app.ready();
      const listener = await openListener(target, serve, { clock, log });
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

function createApp(options: RouteOptions, metrics: ApiServerOptions["metrics"]): FastifyInstance {
  const app = fastify({
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: NAME_CHARS_MAX },
  });
  // Every method has its answer, and none has its body read for it: what fleet accepts is not what fastify does.
  for (const method of METHODS) app.addHttpMethod(method, { overrideExisting: true });
  app.setNotFoundHandler(refuse(404));
  app.setErrorHandler((error, _request, reply) => {
    reply.hijack();
    // Work that ended because whoever asked has gone is nobody's failure.
    if (!reply.raw.destroyed) writeAnswer(reply.raw, answerTo(error, options.log));
  });
  for (const url of ["/", ...ROOTS]) {
    app.route({ method: app.supportedMethods, url, handler: refuse(405) });
  }
  if (metrics !== undefined) metricsRoute(app, metrics);
  for (const prefix of ROOTS) {
    void app.register(
      async (root) => {
        unitRoutes(root, options);
        stateRoutes(root, options);
        machineRoutes(root, options);
        discoveryRoute(root);
      },
      { prefix },
    );
  }
  return app;
}

function refuse(status: number): ReturnType<typeof answering> {
  return answering(() => {
    throw new RequestError(status, "");
  });
}
