import { promisify } from "node:util";
import { gzip } from "node:zlib";

import type { FastifyInstance } from "fastify";

import type { Answer } from "./answer.ts";
import { attempt } from "./errors.ts";
import { answering } from "./routes.ts";

/** What `/metrics` shows: text for Prometheus, and its type with the version of its format. */
export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

const compress = promisify(gzip);

/** `/metrics`: any method is answered, compressed for those who can read that. */
export function metricsRoute(app: FastifyInstance, metrics: () => Promise<MetricsText>): void {
  const handler = answering(async ({ request }) => {
    const { contentType, text } = await attempt("Failed collecting metrics", metrics);
    const headers = { "Content-Type": contentType };
    const plain: Answer = { status: 200, headers, body: text };
    if (!acceptsGzip(request.headers["accept-encoding"])) return plain;
    return {
      status: 200,
      headers: { ...headers, "Content-Encoding": "gzip" },
      body: await compress(text),
    };
  });
  app.route({ method: app.supportedMethods, url: "/metrics", handler });
}

function acceptsGzip(header: string | readonly string[] = ""): boolean {
  const listed = String(header).split(",");
  return listed.some((one) => /^\s*gzip\s*(?:;|$)/.test(one) && !/;\s*q=0(?:\.0*)?\s*$/.test(one));
}
