import {
  Agent,
  type ClientRequest,
  type ClientRequestArgs,
  request as httpRequest,
  type RequestOptions,
} from "node:http";
import type { Duplex } from "node:stream";

import { asSocket, dialDirectly } from "./dial.ts";
import type { DialTarget, Endpoint } from "./endpoint.ts";
import type { ClientTls } from "./encrypt.ts";

/** Makes a connection in another way than directly, e.g. through a tunnel. */
export type Dial = (target: DialTarget, signal: AbortSignal) => Promise<Duplex>;

export interface ConnectionsOptions {
  readonly endpoint: Endpoint;
  readonly dial?: Dial | undefined;
  readonly tls?: ClientTls | undefined;
  /** How long one connection may take to be made. */
  readonly connectTimeoutMs: number;
}

/** Connections that are kept for the next request. */
export interface Connections {
  /** Starts one request; only scheme, host, port and path of `url` are used. */
  request(url: URL, options: RequestOptions): ClientRequest;
  close(): void;
}

const CONNECTIONS_MAX = 8;

export function openConnections(options: ConnectionsOptions): Connections {
  const closed = new AbortController();
  // Both speak plain HTTP: what the second is handed for a connection is encrypted already.
  const agents = {
    "http:": openAgent(options, closed.signal, async (stream) => stream),
    "https:": openAgent(options, closed.signal, async (stream, host, signal) => {
      // Loaded only where needed: it would cost every fleetctl ten milliseconds.
      const { encrypt } = await import("./encrypt.ts");
      return encrypt(stream, host, options.tls ?? {}, signal);
    }),
  };
  return {
    request(url, more) {
      const agent = url.protocol === "https:" ? agents["https:"] : agents["http:"];
      return httpRequest({ ...addressOf(url), ...more, protocol: "http:", agent });
    },
    close() {
      closed.abort(new Error("the client was closed"));
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

type Secure = (stream: Duplex, host: string, signal: AbortSignal) => Promise<Duplex>;

function openAgent(
  { endpoint, dial = dialDirectly, connectTimeoutMs }: ConnectionsOptions,
  closed: AbortSignal,
  secure: Secure,
): Agent {
  const open = async ({ host, port }: ClientRequestArgs): Promise<Duplex> => {
    const asked: DialTarget = { kind: "tcp", host: host ?? "", port: Number(port) };
    const target = endpoint.target.kind === "unix" ? endpoint.target : asked;
    const signal = AbortSignal.any([closed, AbortSignal.timeout(connectTimeoutMs)]);
    return asSocket(await secure(await dial(target, signal), asked.host, signal));
  };
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  agent.createConnection = (args, callback) => {
    // Typed as if a failure came with a stream; it does not.
    const tell = callback as ((error: Error | null, stream?: Duplex) => void) | undefined;
    void tellOutcome(open(args), tell ?? (() => {}));
    return undefined;
  };
  return agent;
}

async function tellOutcome(
  opening: Promise<Duplex>,
  tell: (error: Error | null, stream?: Duplex) => void,
): Promise<void> {
  try {
    tell(null, await opening);
  } catch (error) {
    tell(error as Error);
  }
}

function addressOf(url: URL): RequestOptions {
  const usual = url.protocol === "https:" ? 443 : 80;
  const host = url.hostname.replace(/^\[(?<inner>.*)\]$/, "$<inner>");
  return { host, port: url.port === "" ? usual : url.port, path: url.pathname + url.search };
}
