import { FleetError } from "@fleet/core";

/** An `--endpoint` that cannot be used. `message` is fleet's own text. */
export class EndpointError extends FleetError {
  readonly code = "FLEET_ENDPOINT_INVALID";
}

/** The API answered, and said no. `message` is what fleetctl 1.0.0 prints of it. */
export class ApiResponseError extends FleetError {
  readonly code = "FLEET_API_REFUSED";
  /** The HTTP status. */
  readonly status: number;
  /** Whether the answer does not look like fleet's: something else is there. */
  readonly isForeign: boolean;

  constructor(status: number, body: string) {
    const told = messageIn(body) ?? "";
    super(
      told === ""
        ? `googleapi: got HTTP response code ${status} with body: ${body}`
        : `googleapi: Error ${status}: ${told}`,
    );
    this.status = status;
    this.isForeign = messageIn(body) === undefined;
  }
}

/** The API did not answer, or nothing that can be read. `message` is what fleetctl 1.0.0 prints of it. */
export class ApiUnreachableError extends FleetError {
  readonly code = "FLEET_API_UNREACHABLE";
  /** Whether the connection was there and ended without an answer. */
  readonly hungUp: boolean;

  constructor(request: string, reason: string, options: ApiUnreachableOptions = {}) {
    super(`${request}: ${reason}`, options);
    this.hungUp = options.hungUp ?? false;
  }
}

export interface ApiUnreachableOptions {
  readonly hungUp?: boolean;
  readonly cause?: unknown;
}

/** The message in fleet's error entity, which may be ""; undefined when the body is something else. */
export function messageIn(body: string): string | undefined {
  try {
    const json = JSON.parse(body) as { readonly error?: { readonly message?: unknown } } | null;
    const message = json?.error?.message;
    return typeof message === "string" ? message : undefined;
  } catch {
    return undefined; // a proxy's page, for example: it is shown as it is
  }
}
