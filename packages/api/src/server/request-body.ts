import type { IncomingMessage } from "node:http";

import { decodeUtf8 } from "@fleet/core";

import { RequestError } from "./errors.ts";
import { BodyError } from "./json-reader.ts";
import type { Call } from "./routes.ts";

/** What a request may carry: below etcd's own limit for one write (1.5 MiB). */
const BODY_BYTES_MAX = 1_048_576;

/**
 * What `decode` makes of a request's body.
 * @throws {RequestError} 400 with what is wrong with it behind `prefix`; 413 as in {@link readBody}.
 */
export async function readBodyAs<T>(
  decode: (text: string) => T,
  { request, signal }: Pick<Call, "request" | "signal">,
  prefix = "",
): Promise<T> {
  const text = await readBody(request.raw, signal);
  try {
    return decode(text);
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    throw new RequestError(400, prefix + error.message);
  }
}

/**
 * The body of a request as text; bytes that are no UTF-8 become U+FFFD.
 * @throws {RequestError} 413 as soon as it is known to be larger than {@link BODY_BYTES_MAX}.
 */
function readBody(request: IncomingMessage, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = Number(request.headers["content-length"] ?? 0);
    if (sizeBytes > BODY_BYTES_MAX) return reject(tooLarge());
    sizeBytes = 0;
    request.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= BODY_BYTES_MAX) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0; // what still comes is dropped, and what came with it
      reject(tooLarge());
    });
    request.on("end", () => resolve(decodeUtf8(Buffer.concat(chunks))));
    request.on("error", reject);
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });
}

function tooLarge(): RequestError {
  return new RequestError(413, `request body larger than ${BODY_BYTES_MAX} bytes`);
}
