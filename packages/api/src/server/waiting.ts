import { toWaitingWire } from "../convert.ts";
import { jsonText } from "../json.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import { attempt, RequestError } from "./errors.ts";
import { type Call, itemName, type RouteOptions, type Serves } from "./routes.ts";
import { unitNameIn } from "./unit-name.ts";

/** `/waiting/{name}`, which fleet 1.0.0 does not have: its own entities stay as they are. */
export function waitingRoutes(options: RouteOptions): Serves<"getWaiting"> {
  return { getWaiting: (call) => getWaiting(options, call) };
}

async function getWaiting({ registry }: RouteOptions, call: Call): Promise<Answer> {
  const name = unitNameIn(itemName(call));
  if (name === undefined) throw notWaiting();
  const waiting = await attempt(`Failed fetching what Unit(${name}) waits for from Registry`, () =>
    registry.waiting(name, call.signal),
  );
  if (waiting === undefined) throw notWaiting();
  return jsonAnswer(200, jsonText(toWaitingWire(name, waiting)));
}

function notWaiting(): RequestError {
  return new RequestError(404, "unit does not wait for a machine");
}
