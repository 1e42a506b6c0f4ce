import { ApiResponseError, ApiUnreachableError } from "./errors.ts";
import { type ApiRequest, type ApiResponse, type HttpClientOptions, send } from "./http-client.ts";
import { apiUrl } from "./urls.ts";

/** One call of the API, by the path below its root. */
export interface CallRequest {
  readonly method: ApiRequest["method"];
  readonly path: readonly string[];
  /** What is absent or "" is left out. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** JSON. */
  readonly body?: string;
}

/** Makes one call; any status is an answer. */
export type Call = (request: CallRequest, signal: AbortSignal) => Promise<ApiResponse>;

export function caller(options: HttpClientOptions): Call {
  return ({ method, path, query, ...body }, signal) => {
    return send(
      options,
      { method, url: apiUrl(options.endpoint.base, path, query), ...body },
      signal,
    );
  };
}

/** @throws {ApiResponseError} unless the answer is a success. */
export function requireSuccess({ status, body }: ApiResponse): void {
  if (status < 200 || status > 299) throw new ApiResponseError(status, body);
}

/**
 * The JSON in an answer.
 * @throws {ApiResponseError} unless the answer is a success.
 * @throws {ApiUnreachableError} when it is not JSON: then something else answered.
 */
export function jsonIn(answer: ApiResponse): unknown {
  requireSuccess(answer);
  try {
    return JSON.parse(answer.body) as unknown;
  } catch (cause) {
    throw new ApiUnreachableError(`Get "${answer.url}"`, "the answer is not JSON", { cause });
  }
}
