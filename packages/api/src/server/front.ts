import type { IncomingMessage, RequestListener } from "node:http";

import type { Logger } from "@fleet/core";

import { type Answer, emptyAnswer, writeAnswer } from "./answer.ts";
import { errorAnswer } from "./errors.ts";
import {
  cleanPath,
  locationOf,
  parseTarget,
  type RequestTarget,
  routedUrl,
} from "./request-target.ts";

export interface FrontOptions {
  /** What the `Server` header says. */
  readonly serverName: string;
  readonly log: Logger;
  readonly available: () => boolean;
}

/** What every request passes before it is routed; what is answered here never gets further. */
export function createFront(options: FrontOptions, route: RequestListener): RequestListener {
  return (request, response) => {
    response.setHeader("Server", options.serverName);
    const target = parseTarget(request.url ?? "");
    const early = target === undefined ? BAD_TARGET : answerBeforeAll(options, request, target);
    if (early !== undefined || target === undefined) {
      return writeAnswer(response, early ?? BAD_TARGET);
    }
    options.log.debug({}, `HTTP ${request.method} ${request.url}`);
    const redirect = redirectOf(request, target);
    if (redirect !== undefined) return writeAnswer(response, redirect);
    request.url = routedUrl(target);
    return route(request, response);
  };
}

const BAD_TARGET: Answer = {
  status: 400,
  headers: { "Content-Type": "text/plain; charset=utf-8", Connection: "close" },
  body: "400 Bad Request",
};

const CONTINUE = "100-continue";

/** The gate: until this machine is registered nothing but `OPTIONS *` is served. */
function answerBeforeAll(
  { available }: FrontOptions,
  { method, headers }: IncomingMessage,
  { path }: RequestTarget,
): Answer | undefined {
  if (path === "*" && method === "OPTIONS") return emptyAnswer(200);
  if (!available()) return errorAnswer(503, "fleet server unable to communicate with etcd");
  const { expect = CONTINUE } = headers;
  return expect.toLowerCase() === CONTINUE ? undefined : errorAnswer(417, "");
}

/** 301 to the clean spelling of a path; only a GET gets a page to click on, and a HEAD its type. */
function redirectOf({ method }: IncomingMessage, target: RequestTarget): Answer | undefined {
  if (target.path === "*") return { ...emptyAnswer(400), headers: { Connection: "close" } };
  if (method === "CONNECT" || cleanPath(target.path) === target.path) return undefined;
  const location = locationOf(target);
  const headers = { Location: location };
  if (method !== "GET" && method !== "HEAD") return { status: 301, headers, body: "" };
  return {
    status: 301,
    headers: { "Content-Type": "text/html; charset=utf-8", ...headers },
    body: `<a href="${escapeHtml(location)}">Moved Permanently</a>.\n\n`,
  };
}

function escapeHtml(text: string): string {
  const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };
  return text.replaceAll(/[&<>"']/g, (character) => escapes[character as keyof typeof escapes]);
}
