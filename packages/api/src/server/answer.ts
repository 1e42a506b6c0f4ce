import type { IncomingMessage, ServerResponse } from "node:http";

/** What is sent for one request. */
export interface Answer {
  readonly status: number;
  /** Spelled as they go on the wire; the length is added when it is sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

const JSON_TYPE = "application/json";

/** An answer with a JSON body. The type stands alone, without a charset, as fleet sends it. */
export function jsonAnswer(status: number, body: string): Answer {
  return { status, headers: { "Content-Type": JSON_TYPE }, body };
}

/** 201 or 204 of the units resource: nothing but the status. */
export function emptyAnswer(status: number): Answer {
  return { status, headers: {}, body: "" };
}

/** Sends `answer`, header names in fleet's capitals. Does nothing when the asker has gone. */
export function writeAnswer(response: ServerResponse, answer: Answer): void {
  const { status, headers, body } = answer;
  if (response.destroyed) return;
  const length = status === 204 ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
  response.writeHead(status, { ...headers, ...length });
  if (!isStillSending(response.req)) {
    response.end(body);
    return;
  }
  // A connection that is closed on unread bytes takes our answer along: the rest is read and dropped first.
  response.write(body);
  response.req.resume().once("close", () => response.end());
}

/** Whether part of a request's body may still come. */
function isStillSending({ complete, headers }: IncomingMessage): boolean {
  const isAnnounced = Number(headers["content-length"] ?? 0) > 0;
  return !complete && (isAnnounced || headers["transfer-encoding"] !== undefined);
}
