import { METHODS } from "node:http";

import { fastify, type FastifyInstance } from "fastify";

import { writeAnswer } from "./answer.ts";
import { dropFileRoutes } from "./drop-files.ts";
import { descriptionRoutes } from "./descriptions.ts";
import { answerTo, RequestError } from "./errors.ts";
import { machineRoutes } from "./machines.ts";
import { metricsRoute, type MetricsText } from "./metrics.ts";
import { answering, operationRoutes, type RouteOptions } from "./routes.ts";
import { reportRoutes } from "./reports.ts";
import { stateRoutes } from "./state.ts";
import { unitRoutes } from "./units.ts";
import { heldMovesRoutes } from "./held-moves.ts";
import { waitingRoutes } from "./waiting.ts";

export interface AppOptions extends RouteOptions {
  readonly version: string;
  readonly metrics?: () => Promise<MetricsText>;
}

/** fleet's own root, and the older name that it kept serving. */
const ROOTS = ["/fleet/v1", "/v1-alpha"] as const;
/** Longer than the longest request line that Node reads. */
const NAME_CHARS_MAX = 65_536;

/** The router with all that is behind the gate. `onRoute` is told of every path as it is added. */
export function createApp(
  options: AppOptions,
  onRoute: (url: string) => void = () => {},
): FastifyInstance {
  const app = fastify({
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: NAME_CHARS_MAX },
  });
  // Every method has its answer, and none has its body read for it: what fleet accepts is not what fastify does.
  for (const method of METHODS) app.addHttpMethod(method, { overrideExisting: true });
  app.addHook("onRoute", ({ url }) => onRoute(url));
  app.setNotFoundHandler(refuse(404));
  app.setErrorHandler((error, _request, reply) => {
    reply.hijack();
    // Work that ended because whoever asked has gone is nobody's failure.
    if (!reply.raw.destroyed) writeAnswer(reply.raw, answerTo(error, options.log));
  });
  for (const url of ["/", ...ROOTS]) {
    app.route({ method: app.supportedMethods, url, handler: refuse(405) });
  }
  if (options.metrics !== undefined) metricsRoute(app, options.metrics);
  const serves = {
    ...unitRoutes(options),
    ...stateRoutes(options),
    ...waitingRoutes(options),
    ...reportRoutes(options),
    ...heldMovesRoutes(options),
    ...dropFileRoutes(options),
    ...machineRoutes(options),
    ...descriptionRoutes(options.version, ROOTS[0]),
  };
  for (const prefix of ROOTS) {
    void app.register(async (root) => operationRoutes(root, serves), { prefix });
  }
  return app;
}

function refuse(status: number): ReturnType<typeof answering> {
  return answering(() => {
    throw new RequestError(status, "");
  });
}
