import { endpointIn, type GlobalOptions } from "../global-options.ts";

/** What the failures of the API's client tell of themselves. */
interface Failure {
  readonly code?: string;
  readonly message?: string;
  readonly hungUp?: boolean;
  readonly isForeign?: boolean;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

const IS_IT_RUNNING =
  "Is fleetd running there? Another place is given with --endpoint or --tunnel.";
const NOT_FLEET = "what answers there is not fleet's API. Another place is given with --endpoint.";
const CAUSES_MAX = 8;

const SYSTEM_PROBLEMS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", `there is no such socket. ${IS_IT_RUNNING}`],
  ["ECONNREFUSED", `nobody listens there. ${IS_IT_RUNNING}`],
  ["EACCES", "this user may not use that socket."],
  ["ENOTFOUND", "no host of that name is known. Another place is given with --endpoint."],
]);

/**
 * One line on what really happened where the API could not be used, for people: fleet's own texts
 * name libraries and, for a unix socket, an address that there is not. Undefined for any other failure.
 */
export function connectionAdvice(error: unknown, globals: GlobalOptions): string | undefined {
  const endpoint = endpointIn(globals);
  for (const failure of causesOf(error)) {
    const { code, message = "", isForeign } = failure;
    const isUnreachable = code === "FLEET_API_UNREACHABLE";
    if (
      code === "FLEET_ENDPOINT_INVALID" ||
      (isUnreachable && message.includes("unsupported protocol scheme"))
    ) {
      return `--endpoint=${endpoint} is no URL that fleetctl can use. Use unix:///path, http://host:port or https://host:port.`;
    }
    if (isUnreachable || isForeign === true) {
      return `Cannot use the fleet API at ${endpoint}: ${problemOf(failure)}`;
    }
  }
  return undefined;
}

function problemOf(failure: Failure): string {
  const { message = "", hungUp, isForeign } = failure;
  if (isForeign === true || message.endsWith("the answer is not JSON")) return NOT_FLEET;
  if (hungUp === true) return `it ended the connection without an answer. ${IS_IT_RUNNING}`;
  if (message.endsWith("server gave HTTP response to HTTPS client")) {
    return "it speaks http there, and not https.";
  }
  if (message.includes("deadline exceeded")) {
    return `it did not answer in time (--request-timeout). ${IS_IT_RUNNING}`;
  }
  for (const { code = "" } of causesOf(failure)) {
    const problem = SYSTEM_PROBLEMS.get(code);
    if (problem !== undefined) return problem;
  }
  return `it cannot be reached. ${IS_IT_RUNNING}`;
}

/** The failure and what led to it; of several attempts at one connection the first. */
function* causesOf(error: unknown): Generator<Failure> {
  let cause = error;
  for (let depth = 0; depth < CAUSES_MAX; depth += 1) {
    if (typeof cause !== "object" || cause === null) return;
    const failure: Failure = cause;
    yield failure;
    cause = failure.cause ?? failure.errors?.[0];
  }
}
