import type { LogFields, Logger } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { openRegistry, type Registry } from "@fleet/registry";
import { MemoryStore } from "@fleet/registry/memory";

import { type ApiServer, type ApiServerOptions, createApiServer } from "../src/server/index.ts";
import { exchange, parseAnswer, type RawAnswer, type RawRequest, rawRequest } from "./raw-http.ts";

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: LogFields;
}

/** An API server on a loopback port, over a registry on a store in memory. */
export class ApiUnderTest implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly store = new MemoryStore(this.clock);
  readonly log: LogLine[] = [];
  readonly registry: Registry;
  readonly server: ApiServer;
  #port = 0;

  private constructor(change: (registry: Registry) => Partial<ApiServerOptions>) {
    const { clock, store } = this;
    const log = collector(this.log);
    this.registry = openRegistry(store, { prefix: "/_coreos.com/fleet/", clock, log });
    this.server = createApiServer({
      registry: this.registry,
      tokenLimit: 100,
      version: "9.8.7",
      log,
      clock,
      available: () => true,
      ...change(this.registry),
    });
  }

  /** `change` replaces some of the server's options; it is given the registry that they would use. */
  static async open(
    change: (registry: Registry) => Partial<ApiServerOptions> = () => ({}),
  ): Promise<ApiUnderTest> {
    const api = new ApiUnderTest(change);
    const address = await api.server.listen({ host: "127.0.0.1", port: 0 });
    api.#port = "port" in address ? address.port : 0;
    return api;
  }

  get port(): number {
    return this.#port;
  }

  /** One request on a connection of its own; undefined when that ended without an answer. */
  async ask(line: string, request: RawRequest = {}): Promise<RawAnswer | undefined> {
    return parseAnswer(await this.exchange(rawRequest(line, request)));
  }

  /** Status and body of an answer in one line, e.g. `404 unit does not exist`; an error's message only. */
  async outcome(line: string, request: RawRequest = {}): Promise<string> {
    const answer = await this.ask(line, request);
    if (answer === undefined) return "hung up";
    const message = /^\{"error":\{"code":(?<code>\d+),"message":(?<text>".*")\}\}$/s.exec(
      answer.body,
    );
    const { code, text } = message?.groups ?? {};
    if (code !== undefined && code !== String(answer.status)) return `code ${code} differs`;
    const said = text === undefined ? answer.body : String(JSON.parse(text));
    return `${answer.status} ${said}`.trimEnd();
  }

  exchange(bytes: string | Buffer): Promise<Buffer> {
    return exchange({ host: "127.0.0.1", port: this.port }, bytes);
  }

  /** A PUT of a unit with the one Content-Type that is accepted. */
  put(name: string, body: unknown): Promise<string> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const headers = ["Content-Type: application/json"];
    return this.outcome(`PUT /fleet/v1/units/${name}`, { headers, body: text });
  }

  errors(): readonly string[] {
    return this.log.filter((line) => line.level === "error").map((line) => line.message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close(0);
    await this.registry.close();
  }
}

function collector(lines: LogLine[]): Logger {
  const at = (level: LogLine["level"]) => (fields: LogFields, message: string) => {
    lines.push({ level, message, fields });
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
