/** Where an SSH server listens. */
export interface SshAddress {
  readonly host: string;
  readonly port: number;
}

export const SSH_PORT = 22;

const BRACKETED = /^\[(?<host>[^\]]*)\](?::(?<port>\d+))?$/;
const HOST_AND_PORT = /^(?<host>[^:]*):(?<port>\d+)$/;

/**
 * The address in `text`: `HOST`, `HOST:PORT`, `[IPV6]`, `[IPV6]:PORT` or a bare IPv6 address. A port
 * in the text wins over `defaultPort`.
 */
export function sshAddressOf(text: string, defaultPort: number): SshAddress {
  const parts = (BRACKETED.exec(text) ?? HOST_AND_PORT.exec(text))?.groups;
  if (parts === undefined) return { host: text, port: defaultPort };
  const { host = text, port } = parts;
  return { host, port: port === undefined ? defaultPort : Number(port) };
}

/** For messages: `host:port`. */
export function addressText({ host, port }: SshAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
