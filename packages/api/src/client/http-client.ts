import type { ClientRequest, IncomingMessage } from "node:http";

import type { Connections } from "./connections.ts";
import type { Endpoint } from "./endpoint.ts";
import { ApiUnreachableError } from "./errors.ts";
import { failureText, isHangUp } from "./failure-text.ts";

/** One call of the API. */
export interface ApiRequest {
  readonly method: "GET" | "PUT" | "DELETE" | "PATCH";
  readonly url: string;
  /** JSON; a line end is added. */
  readonly body?: string;
}

export interface ApiResponse {
  /** Who answered: another than was asked when it sent us on. */
  readonly url: string;
  readonly status: number;
  readonly body: string;
}

export interface HttpClientOptions {
  readonly endpoint: Endpoint;
  readonly connections: Connections;
  readonly requestTimeoutMs: number;
  readonly userAgent: string;
}

const REDIRECTS_MAX = 10;
const RESPONSE_BYTES_MAX = 67_108_864;
const TIMED_OUT = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

/**
 * Sends a request and follows where it is sent on to. Any status is an answer.
 * @throws {ApiUnreachableError} when there is none in time; the caller's reason when `signal` aborts.
 */
export async function send(
  options: HttpClientOptions,
  request: ApiRequest,
  signal: AbortSignal,
): Promise<ApiResponse> {
  const deadline = AbortSignal.timeout(options.requestTimeoutMs);
  const until = AbortSignal.any([signal, deadline]);
  let hop = request;
  for (let redirects = 0; ; redirects += 1) {
    if (redirects === REDIRECTS_MAX) throw unreachable(hop, `stopped after ${redirects} redirects`);
    refuseScheme(hop);
    const response = await exchange(options, hop, until).catch((error: unknown) => {
      signal.throwIfAborted();
      if (deadline.aborted) throw unreachable(hop, TIMED_OUT, error);
      throw unreachable(hop, failureText(error, options.endpoint.target), error);
    });
    const next = redirectOf(hop, response);
    if (next === undefined) return { url: hop.url, status: response.status, body: response.body };
    hop = next;
  }
}

interface Response extends Omit<ApiResponse, "url"> {
  readonly location: string | undefined;
}

/**
 * A GET that finds a kept connection ended is sent once more: the server may have ended it just then.
 * Anything else is not, because it may have been carried out.
 */
async function exchange(
  options: HttpClientOptions,
  request: ApiRequest,
  signal: AbortSignal,
): Promise<Response> {
  const sent = start(options, request, signal);
  try {
    return await answerTo(sent, signal);
  } catch (error) {
    const mayRepeat = request.method === "GET" && sent.reusedSocket && isHangUp(error);
    if (!mayRepeat || signal.aborted) throw error;
    return answerTo(start(options, request, signal), signal);
  }
}

function start(
  { connections, userAgent }: HttpClientOptions,
  { method, url, body }: ApiRequest,
  signal: AbortSignal,
): ClientRequest {
  const address = new URL(url);
  const headers: Record<string, string> = {
    Host: address.host,
    "User-Agent": userAgent,
    "Accept-Encoding": "gzip",
  };
  const content = body === undefined ? undefined : Buffer.from(`${body}\n`);
  if (content !== undefined) {
    headers["Content-Length"] = String(content.length);
    headers["Content-Type"] = "application/json";
  }
  const request = connections.request(address, { method, headers, signal });
  request.end(content);
  return request;
}

function answerTo(request: ClientRequest, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    request.once("error", reject);
    request.once("response", (response) => {
      readAnswer(response, signal).then(resolve, reject);
    });
  });
}

async function readAnswer(response: IncomingMessage, signal: AbortSignal): Promise<Response> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    sizeBytes += chunk.length;
    if (sizeBytes > RESPONSE_BYTES_MAX) throw new Error("the answer is larger than 64 MiB");
    chunks.push(chunk);
  }
  const raw = Buffer.concat(chunks);
  const isCompressed = response.headers["content-encoding"] === "gzip";
  return {
    status: response.statusCode ?? 0,
    location: response.headers.location,
    body: (isCompressed ? await gunzip(raw) : raw).toString(),
  };
}

async function gunzip(bytes: Buffer): Promise<Buffer> {
  const { gunzipSync } = await import("node:zlib");
  return gunzipSync(bytes, { maxOutputLength: RESPONSE_BYTES_MAX });
}

/** Where an answer sends the request on to, by Go's rules: 307 and 308 keep it as it is. */
function redirectOf(request: ApiRequest, { status, location }: Response): ApiRequest | undefined {
  if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  const url = new URL(location, request.url).href;
  return status >= 307 ? { ...request, url } : { method: "GET", url };
}

function refuseScheme(request: ApiRequest): void {
  const scheme = /^[^:]*/.exec(request.url)?.[0] ?? "";
  if (scheme === "http" || scheme === "https") return;
  throw unreachable(request, `unsupported protocol scheme "${scheme}"`);
}

/** `Get "URL": reason`, as Go's client puts it. */
function unreachable({ method, url }: ApiRequest, reason: string, cause?: unknown): Error {
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  const options = { cause, hungUp: reason === "EOF" };
  return new ApiUnreachableError(`${verb} "${url}"`, reason, options);
}
