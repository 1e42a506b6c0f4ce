import {
  FleetError,
  type Logger,
  messageOf,
  RequirementsError,
  UnitFileError,
  UnitNameError,
} from "@fleet/core";

import { jsonText } from "../json.ts";
import { type Answer, jsonAnswer } from "./answer.ts";

/** A request that is refused: `message` is fleet's own text and goes to whoever asked. */
export class RequestError extends FleetError {
  readonly code = "FLEET_REQUEST_REFUSED";
  /** The HTTP status, 400 to 499. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A request that could not be served. `message` is for our log; `told` is what the asker sees. */
export class RequestFailedError extends FleetError {
  readonly code = "FLEET_REQUEST_FAILED";
  readonly told: string;

  constructor(message: string, options: { readonly cause: unknown; readonly told?: string }) {
    super(message, options);
    this.told = options.told ?? "";
  }
}

/** The socket could not be listened on. */
export class ListenError extends FleetError {
  readonly code = "FLEET_API_LISTEN";
}

/** What is wrong with what was sent, in fleet's own words, which are told. */
const BAD_REQUESTS = [UnitNameError, UnitFileError, RequirementsError] as const;

/** The one place that knows which failure is which answer. What is not listed is our fault. */
export function answerTo(error: unknown, log: Logger): Answer {
  if (error instanceof RequestError) return errorAnswer(error.status, error.message);
  if (BAD_REQUESTS.some((kind) => error instanceof kind)) return errorAnswer(400, messageOf(error));
  const isKnown = error instanceof RequestFailedError;
  log.error({ err: isKnown ? error.cause : error }, isKnown ? error.message : "request failed");
  return errorAnswer(500, isKnown ? error.told : "");
}

/** fleet's error entity: both keys are always there. */
export function errorAnswer(code: number, message: string): Answer {
  return jsonAnswer(code, jsonText({ error: { code, message } }));
}

/**
 * Does `work` for a request; a failure becomes one that is logged as `what: reason` and told as 500
 * without a text, as fleet does. What the request itself got wrong passes unchanged.
 */
export async function attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw new RequestFailedError(`${what}: ${messageOf(error)}`, { cause: error });
  }
}
