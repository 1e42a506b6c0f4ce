import type { ApiClient, ClientTls } from "@fleet/api/client";
import { type Logger, messageOf } from "@fleet/core";

import type { Rim } from "../context.ts";
import { VERSION } from "../version.ts";
import { DEFAULT_ENDPOINT, type GlobalOptions } from "../global-options.ts";
import type { Remote } from "../ssh/remote.ts";
import type { SshSettings } from "../ssh/ssh-arguments.ts";
import type { Tunnel } from "../ssh/tunnel.ts";
import { MachineDirectory } from "./machine-directory.ts";

/** What one run of a command speaks through. */
export interface Session {
  readonly client: ApiClient;
  readonly machines: MachineDirectory;
  readonly remote: () => Promise<Remote>;
  close(): Promise<void>;
}

/** Longer than any run; what "no limit" means to a timer. */
const NO_LIMIT_MS = 2 ** 31 - 1;
const MS_PER_SECOND = 1000;

/**
 * Makes ready what the global flags ask for. Without a tunnel nothing is sent yet.
 * @throws when a flag, a file or the tunnel does not work; the message is for the person.
 */
export async function openSession(globals: GlobalOptions, rim: Rim, log: Logger): Promise<Session> {
  const endpoint = endpointOf(globals, rim, log);
  const { createApiClient, parseEndpoint } = await import("@fleet/api/client");
  const parsed = parseEndpoint(endpoint);
  const tls = await tlsOf(globals, rim);
  const trace = globals.debug ? await traced(log) : () => {};
  const tunnel = globals.tunnel === "" ? undefined : await tunnelTo(globals, rim);
  const client = createApiClient({
    endpoint: parsed,
    // fleet 1.0.0's own client gets no answer where there is no state; this one understands a 404.
    userAgent: `fleetctl/${VERSION}`,
    requestTimeoutMs: requestTimeoutMs(globals.requestTimeout),
    ...(tls && { tls }),
    ...(tunnel && { dial: tunnel.dial }),
  });
  const machines = new MachineDirectory(client, rim.signal);
  return {
    client,
    machines,
    remote: async () => {
      const { Remote } = await import("../ssh/remote.ts");
      return new Remote({ settings: await sshSettings(globals, rim), tunnel, machines, rim });
    },
    close: async () => {
      client.close();
      trace();
      await tunnel?.close();
    },
  };
}

async function sshSettings(globals: GlobalOptions, { env }: Rim): Promise<SshSettings> {
  const { sshUsername, sshTimeout, strictHostKeyChecking, knownHostsFile } = globals;
  const { expandHome } = await import("../ssh/home-path.ts");
  return {
    user: sshUsername,
    connectTimeoutSeconds: sshTimeout,
    knownHostsFile: strictHostKeyChecking ? await expandHome(knownHostsFile, env) : undefined,
  };
}

/** Which of the endpoints is used, said where that is not what was asked for. */
function endpointOf({ driver, endpoint }: GlobalOptions, { stderr }: Rim, log: Logger): string {
  if (driver === "etcd") {
    stderr.write(
      `WARNING: --driver=etcd is no longer available. Using the API at ${DEFAULT_ENDPOINT}\n`,
    );
    return DEFAULT_ENDPOINT;
  }
  if (driver !== "API") throw new Error(`unrecognized driver ${JSON.stringify(driver)}`);
  const [first = "", ...others] = endpoint.split(",");
  if (others.length > 0) {
    log.warn({}, `multiple endpoints provided but only the first (${first}) is used`);
  }
  return first;
}

/** Milliseconds; what rounds to none means no limit, as in fleet. */
function requestTimeoutMs(seconds: number): number {
  const ms = Math.trunc(seconds * MS_PER_SECOND);
  return ms > 0 ? Math.min(ms, NO_LIMIT_MS) : NO_LIMIT_MS;
}

async function traced(log: Logger): Promise<() => void> {
  const { traceRequests } = await import("./trace-requests.ts");
  return traceRequests(log);
}

async function tlsOf(globals: GlobalOptions, { stderr }: Rim): Promise<ClientTls | undefined> {
  if (globals.insecureSkipVerify) {
    stderr.write("WARNING: The certificate of the API is not verified. Anybody could answer.\n");
  }
  const { caFile, certFile, keyFile, insecureSkipVerify } = globals;
  if (caFile + certFile + keyFile === "" && !insecureSkipVerify) return undefined;
  const { readTlsFiles } = await import("./tls-files.ts");
  return readTlsFiles(globals);
}

async function tunnelTo(globals: GlobalOptions, rim: Rim): Promise<Tunnel> {
  const { openTunnel } = await import("../ssh/tunnel.ts");
  const settings = await sshSettings(globals, rim);
  try {
    return await openTunnel(globals.tunnel, settings, rim);
  } catch (error) {
    rim.signal.throwIfAborted();
    throw new Error(`failed initializing SSH client: ${messageOf(error)}`, { cause: error });
  }
}
