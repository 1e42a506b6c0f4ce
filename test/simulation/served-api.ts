import { createServer, type Server } from "node:http";
import { type Duplex, duplexPair } from "node:stream";

import { type ApiHandler, createApiHandler } from "@fleet/api/server";
import { parseAnswer, type RawAnswer } from "@fleet/api/testing";
import { silentLogger } from "@fleet/core";
import type { Registry } from "@fleet/registry";

import type { PausableClock } from "./pausable-clock.ts";

/** Small, so that listings have several pages. */
const TOKEN_LIMIT = 5;

/** The daemon that an API belongs to. */
export interface Serving {
  readonly registry: Registry;
  readonly clock: PausableClock;
  readonly available: () => boolean;
}

/** The very API of fleetd, on connections that do not leave the process. */
export class ServedApi {
  readonly #handler: ApiHandler;
  readonly #server: Server;
  readonly #connections = new Set<ApiConnection>();
  #serving: Serving | undefined;

  private constructor() {
    const registry = new Proxy({} as Registry, {
      get: (_, name) => Reflect.get(this.#serving?.registry ?? {}, name) as unknown,
    });
    this.#handler = createApiHandler({
      registry,
      tokenLimit: TOKEN_LIMIT,
      version: "2.0.0",
      log: silentLogger,
      available: () => this.#serving?.available() === true,
    });
    this.#server = createServer({ requireHostHeader: false }, this.#handler.serve);
  }

  static async open(): Promise<ServedApi> {
    const api = new ServedApi();
    await api.#handler.ready();
    return api;
  }

  /** From now on it is the API of this daemon. */
  serve(serving: Serving): void {
    this.#serving = serving;
  }

  connect(): ApiConnection {
    const clock = this.#serving?.clock;
    const connection = new ApiConnection(async (socket) => {
      await clock?.awake();
      if (!socket.destroyed) this.#server.emit("connection", socket);
    });
    this.#connections.add(connection);
    return connection;
  }

  /** The daemon is gone, and with it all connections. */
  breakOff(): void {
    for (const connection of this.#connections) connection.breakOff();
    this.#connections.clear();
  }
}

/** A connection to an API, for one request. */
export class ApiConnection {
  readonly #client: Duplex;
  readonly #server: Duplex;
  readonly #accept: (socket: Duplex) => Promise<void>;

  /** `accept`: what becomes of the other end, once somebody is there to take it. */
  constructor(accept: (socket: Duplex) => Promise<void>) {
    [this.#client, this.#server] = duplexPair();
    this.#accept = accept;
  }

  /** Sends a request; undefined when the connection breaks before there is an answer. */
  async exchange(request: Buffer): Promise<RawAnswer | undefined> {
    const chunks: Buffer[] = [];
    const ended = new Promise<void>((resolve) => {
      this.#client.on("data", (chunk: Buffer) => chunks.push(chunk));
      this.#client.once("end", resolve);
      this.#client.once("close", resolve);
    });
    this.#client.write(request);
    await this.#accept(this.#server);
    await ended;
    return parseAnswer(Buffer.concat(chunks));
  }

  breakOff(): void {
    this.#client.destroy();
    this.#server.destroy();
  }
}

/**
 * APIs for the daemons of one history after the other: to build one takes longer than a history needs
 * otherwise, and it keeps nothing of what it served.
 */
export class ApiPool {
  readonly #all: readonly ServedApi[];
  #taken = 0;

  private constructor(all: readonly ServedApi[]) {
    this.#all = all;
  }

  /** With as many as daemons are started in one history, at most. */
  static async open(count: number): Promise<ApiPool> {
    return new ApiPool(await Promise.all(Array.from({ length: count }, () => ServedApi.open())));
  }

  take(serving: Serving): ServedApi {
    const api = this.#all[this.#taken];
    if (api === undefined) throw new Error(`more than ${this.#all.length} daemons in one history`);
    this.#taken += 1;
    api.serve(serving);
    return api;
  }

  /** A history has ended, and all that it began has come to rest. */
  takeBack(): void {
    this.#taken = 0;
  }
}
