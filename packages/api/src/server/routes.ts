import type { Logger } from "@fleet/core";
import type { DropRegistry, MachineRegistry, UnitRegistry } from "@fleet/registry";
import type { FastifyInstance, FastifyRequest, RouteHandlerMethod } from "fastify";

import { type Answer, writeAnswer } from "./answer.ts";
import { RequestError } from "./errors.ts";
import { hangUpSignal } from "./hang-up.ts";
import { type OperationId, OPERATIONS } from "./operations.ts";

/** What the routes work with. */
export interface RouteOptions {
  readonly registry: UnitRegistry & MachineRegistry & Pick<DropRegistry, "dropPage">;
  readonly log: Logger;
  /** Entries in a page, 1 to 65535; asked for each request, because it may change. */
  readonly tokenLimit: () => number;
}

/** One request as the routes see it. `signal` aborts when whoever asked hangs up. */
export interface Call {
  readonly request: FastifyRequest;
  /** The query string as it came, without its `?`. */
  readonly query: string;
  readonly signal: AbortSignal;
}

/** What a route decides: an answer, or to end the connection without one. */
export type Outcome = Answer | "hang up";

/** Decides what to answer to one request. */
export type Decide = (call: Call) => Outcome | Promise<Outcome>;

/** Something that serves some of the operations. */
export type Serves<Ids extends OperationId> = Readonly<Record<Ids, Decide>>;

/** A route that decides what to answer; sending it is the same for all of them. */
export function answering(decide: Decide): RouteHandlerMethod {
  return async (request, reply) => {
    const url = request.raw.url ?? "";
    const mark = url.indexOf("?");
    const query = mark === -1 ? "" : url.slice(mark + 1);
    const outcome = await decide({ request, query, signal: hangUpSignal(reply.raw) });
    reply.hijack();
    if (outcome === "hang up") request.raw.socket.destroy();
    else writeAnswer(reply.raw, outcome);
  };
}

/** Serves all operations; other methods of their paths are refused. There is no `Allow` header, as in fleet. */
export function operationRoutes(app: FastifyInstance, serves: Serves<OperationId>): void {
  const methodsOf = new Map<string, string[]>();
  for (const [id, { method, path }] of Object.entries(OPERATIONS)) {
    const url = path.replace("{name}", ":name");
    app.route({ method, url, handler: answering(serves[id as OperationId]) });
    methodsOf.set(url, [...(methodsOf.get(url) ?? []), method]);
  }
  for (const [url, allowed] of methodsOf) {
    const method = app.supportedMethods.filter((one) => !allowed.includes(one));
    app.route({ method, url, handler: answering(refuseMethod(url, allowed)) });
  }
}

/** In fleet's words, and with its one exception. */
function refuseMethod(url: string, allowed: readonly string[]): Decide {
  const isDiscovery = url === OPERATIONS.getDiscovery.path;
  const [last = "", ...others] = allowed.toReversed();
  const list = others.length === 0 ? last : `${others.toReversed().join(", ")} and ${last}`;
  const message = `only ${isDiscovery ? "HTTP " : ""}${list} supported against this resource`;
  const isItem = url.endsWith(":name");
  return (call) => {
    if (isItem) itemName(call); // without a name there is nothing that could have methods
    throw new RequestError(isDiscovery ? 400 : 405, message);
  };
}

/** The one segment behind a collection's path. @throws {RequestError} 404 when it is empty. */
export function itemName({ request }: Call): string {
  const { name = "" } = request.params as { readonly name?: string };
  if (name === "") throw new RequestError(404, "");
  return name;
}
