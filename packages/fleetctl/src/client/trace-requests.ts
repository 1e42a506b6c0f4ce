import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest, IncomingMessage } from "node:http";

import type { Logger } from "@fleet/core";

const STARTED = "http.client.request.start";
const ANSWERED = "http.client.response.finish";

/** Logs every HTTP request of this process and its answer, until the returned function is called. */
export function traceRequests(log: Logger): () => void {
  const onStart = (message: unknown): void => {
    const { request } = message as { readonly request: ClientRequest };
    log.debug({}, lineOf(request));
  };
  const onAnswer = (message: unknown): void => {
    const { request, response } = message as {
      readonly request: ClientRequest;
      readonly response: IncomingMessage;
    };
    log.debug({}, `${lineOf(request)} ${response.statusCode} ${response.statusMessage}`);
  };
  subscribe(STARTED, onStart);
  subscribe(ANSWERED, onAnswer);
  return () => {
    unsubscribe(STARTED, onStart);
    unsubscribe(ANSWERED, onAnswer);
  };
}

function lineOf(request: ClientRequest): string {
  return `HTTP ${request.method} http://${String(request.getHeader("host"))}${request.path}`;
}
