import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A request as it came over the wire. */
export interface SeenRequest {
  /** Method and target. */
  readonly line: string;
  readonly headers: readonly string[];
  readonly body: string;
  /** Counts connections from 1. */
  readonly connection: number;
}

export type Script = (response: ServerResponse, seen: SeenRequest) => void;

/** An HTTP server on a loopback port that answers as a test tells it and remembers what it was asked. */
export class ScriptedServer implements AsyncDisposable {
  readonly seen: SeenRequest[] = [];
  readonly #connections: Socket[] = [];
  readonly #server;

  private constructor(script: Script) {
    this.#server = createServer((request, response) => void this.#serve(script, request, response));
    this.#server.on("connection", (socket) => this.#connections.push(socket));
  }

  static async open(script: Script): Promise<ScriptedServer> {
    const server = new ScriptedServer(script);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Ends the connections that clients keep. */
  cutConnections(): void {
    for (const socket of this.#connections) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cutConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(script: Script, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { rawHeaders } = request;
    const headers = rawHeaders.flatMap((name, at) =>
      at % 2 === 0 ? `${name}: ${rawHeaders[at + 1]}` : [],
    );
    const seen = {
      line: `${request.method} ${request.url}`,
      headers,
      body: Buffer.concat(chunks).toString(),
      connection: this.#connections.indexOf(request.socket) + 1,
    };
    this.seen.push(seen);
    script(response, seen);
  }
}

/** Answers with a status and a body. */
export function answer(status: number, body = "{}"): Script {
  return (response) => void response.writeHead(status).end(body);
}
