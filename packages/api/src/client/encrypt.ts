import { once } from "node:events";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect } from "node:tls";

/** PEM texts. The server's certificate is verified unless `insecureSkipVerify` says not to. */
export interface ClientTls {
  /** Whom to trust instead of the system's own authorities. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecureSkipVerify?: boolean;
}

/** Speaks TLS over a connection; rejects when the server is not who it should be. */
export async function encrypt(
  stream: Duplex,
  host: string,
  { insecureSkipVerify = false, ...pem }: ClientTls,
  signal: AbortSignal,
): Promise<Duplex> {
  const socket = connect({
    socket: stream,
    ...pem,
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    rejectUnauthorized: !insecureSkipVerify,
    minVersion: "TLSv1.2",
  });
  try {
    await once(socket, "secureConnect", { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
