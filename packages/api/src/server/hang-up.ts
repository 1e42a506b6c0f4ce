import type { ServerResponse } from "node:http";

/** Aborts when the connection ends before the answer was sent: then nobody waits for the work. */
export function hangUpSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) controller.abort(new Error("the client hung up"));
  });
  return controller.signal;
}
