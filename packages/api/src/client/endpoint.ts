import { quoteText } from "@fleet/core";

import { EndpointError } from "./errors.ts";

/** Where an API is: what `--endpoint` says, taken apart. */
export interface Endpoint {
  /** What requests are addressed to, e.g. `http://domain-sock` or `https://host:8443/prefix`. */
  readonly base: string;
  /** `http:` and `https:` can be spoken; with any other scheme every request fails, as in fleet. */
  readonly scheme: string;
  readonly target: DialTarget;
}

/** What a connection is made to. */
export type DialTarget =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

const SOCKET_SCHEMES: ReadonlySet<string> = new Set(["unix", "file"]);
/** What stands for a unix socket in URLs and in `Host`. */
const SOCKET_HOST = "domain-sock";
const SHAPE = /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?:\/\/(?<host>[^/?#]*))?(?<path>[^?#]*)/;
const HOST = /^(?<host>\[[^\]]*\]|[^:]*)(?<port>:.*)?$/;

/**
 * Reads one endpoint: `unix:///path`, `file:///path`, `http://host:port/prefix/` or `https://…`.
 * @throws {EndpointError} with fleet's text.
 */
export function parseEndpoint(text: string): Endpoint {
  if (text.startsWith(":"))
    throw new EndpointError(`parse ${quoteText(text)}: missing protocol scheme`);
  const { scheme, host = "", path = "" } = SHAPE.exec(text)?.groups ?? {};
  if (scheme === undefined) throw new EndpointError("URL scheme undefined");
  const lower = scheme.toLowerCase();
  if (!SOCKET_SCHEMES.has(lower)) {
    const target = targetOf(text, lower, host);
    return { base: `${lower}://${host}${withoutEndSlash(path)}`, scheme: `${lower}:`, target };
  }
  if (host !== "") {
    throw new EndpointError(
      `unable to connect to host ${quoteText(host)} with scheme ${quoteText(lower)}`,
    );
  }
  return { base: `http://${SOCKET_HOST}`, scheme: "http:", target: { kind: "unix", path } };
}

function targetOf(text: string, scheme: string, authority: string): DialTarget {
  if (authority.startsWith("[") && !authority.includes("]")) {
    throw new EndpointError(`parse ${quoteText(text)}: missing ']' in host`);
  }
  const { host = "", port = "" } = HOST.exec(authority)?.groups ?? {};
  if (!/^(?::\d*)?$/.test(port)) {
    throw new EndpointError(`parse ${quoteText(text)}: invalid port ${quoteText(port)} after host`);
  }
  const usual = scheme === "https" ? 443 : 80;
  const bare = host.startsWith("[") ? host.slice(1, -1) : host;
  return { kind: "tcp", host: bare, port: Number(port.slice(1)) || usual };
}

/** A prefix as it is put before `/fleet/v1/`: without empty segments and without a slash at its end. */
function withoutEndSlash(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  return segments.map((segment) => `/${segment}`).join("");
}
