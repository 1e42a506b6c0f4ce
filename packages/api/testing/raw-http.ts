import { once } from "node:events";
import { connect, type NetConnectOpts } from "node:net";

/** An answer as its bytes say it. Header names keep their spelling; of two equal ones the last counts. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RawRequest {
  /** Lines such as `Content-Type: application/json`. */
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
}

/** Sends bytes and gives all that comes back until the other side ends the connection. */
export async function exchange(to: NetConnectOpts, bytes: string | Buffer): Promise<Buffer> {
  const socket = connect(to);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.write(bytes);
  await once(socket, "close");
  return Buffer.concat(chunks);
}

/** `line` is a method and a target, e.g. `GET /fleet/v1/units`; bytes beyond Latin-1 cannot be in it. */
export function rawRequest(line: string, { headers = [], body = "" }: RawRequest = {}): Buffer {
  const content = Buffer.from(body);
  const length = content.length === 0 ? [] : [`Content-Length: ${content.length}`];
  const head = [`${line} HTTP/1.1`, "Host: test", "Connection: close", ...headers, ...length];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), content]);
}

/** Takes one answer apart; undefined when the connection ended without one. */
export function parseAnswer(bytes: Buffer): RawAnswer | undefined {
  if (bytes.length === 0) return undefined;
  const split = bytes.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = bytes.subarray(0, split).toString("latin1").split("\r\n");
  const pairs = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  const body = bytes.subarray(split + 4).toString();
  return { status: Number(statusLine.split(" ")[1]), headers: new Map(pairs), body };
}
