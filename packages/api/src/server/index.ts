export { ListenError } from "./errors.ts";
export { type ApiHandler, type ApiHandlerOptions, createApiHandler } from "./handler.ts";
export type { ListenTarget } from "./listener.ts";
export type { MetricsText } from "./metrics.ts";
export { type ApiServer, type ApiServerOptions, createApiServer } from "./server.ts";
