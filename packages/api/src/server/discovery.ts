import type { FastifyInstance } from "fastify";

import { jsonAnswer } from "./answer.ts";
import { discoveryText } from "./discovery-document.ts";
import { RequestError } from "./errors.ts";
import { answering, refuseOtherMethods } from "./routes.ts";

/** `/discovery`: the description that Google's client generators read. It never asks the registry. */
export function discoveryRoute(app: FastifyInstance): void {
  const text = discoveryText();
  app.get(
    "/discovery",
    answering(() => jsonAnswer(200, text)),
  );
  // Only here a wrong method is a 400, HEAD included.
  const refusal = new RequestError(400, "only HTTP GET supported against this resource");
  refuseOtherMethods(app, "/discovery", ["GET"], refusal);
}
