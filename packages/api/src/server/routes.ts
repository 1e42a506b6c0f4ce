import type { Logger } from "@fleet/core";
import type { MachineRegistry, UnitRegistry } from "@fleet/registry";
import type { FastifyInstance, FastifyRequest, RouteHandlerMethod } from "fastify";

import { type Answer, writeAnswer } from "./answer.ts";
import { RequestError } from "./errors.ts";
import { hangUpSignal } from "./hang-up.ts";

/** What the routes work with. */
export interface RouteOptions {
  readonly registry: UnitRegistry & MachineRegistry;
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

/** A route that decides what to answer; sending it is the same for all of them. */
export function answering(decide: (call: Call) => Outcome | Promise<Outcome>): RouteHandlerMethod {
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

/** Answers every method of `url` that is not `allowed`. There is no `Allow` header, as in fleet. */
export function refuseOtherMethods(
  app: FastifyInstance,
  url: string,
  allowed: readonly string[],
  refusal: RequestError,
): void {
  const method = app.supportedMethods.filter((one) => !allowed.includes(one));
  const handler = answering(() => {
    throw refusal;
  });
  app.route({ method, url, handler });
}

/** The one segment behind a collection's path. @throws {RequestError} 404 when it is empty. */
export function itemName({ request }: Call): string {
  const { name = "" } = request.params as { readonly name?: string };
  if (name === "") throw new RequestError(404, "");
  return name;
}
