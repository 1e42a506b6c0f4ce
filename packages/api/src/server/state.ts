import type { MachineId } from "@fleet/core";
import type { StateFilter } from "@fleet/registry";

import { toUnitStateWire } from "../convert.ts";
import { jsonText } from "../json.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import { attempt, RequestError } from "./errors.ts";
import { isClientOf1 } from "./first-look.ts";
import { gatherPage } from "./gather-page.ts";
import { answerPage } from "./page-answer.ts";
import { queryValues } from "./percent.ts";
import { type Call, itemName, type Outcome, type RouteOptions, type Serves } from "./routes.ts";
import { unitNameIn } from "./unit-name.ts";

/** `/state` and `/state/{name}`. */
export function stateRoutes(options: RouteOptions): Serves<"listStates" | "getState"> {
  return {
    listStates: (call) => listStates(options, call),
    getState: (call) => getState(options, call),
  };
}

async function listStates({ registry, tokenLimit }: RouteOptions, call: Call): Promise<Answer> {
  const filter = filterIn(call.query);
  return answerPage(call.query, tokenLimit(), {
    key: "states",
    entities: "UnitStates",
    read: async (page) =>
      filter === undefined ? { items: [] } : registry.statePage(page, filter, call.signal),
    toWire: toUnitStateWire,
  });
}

async function getState({ registry, tokenLimit }: RouteOptions, call: Call): Promise<Outcome> {
  const unit = unitNameIn(itemName(call));
  if (unit === undefined) return answerMissing(call);
  const first = { start: { kind: "first" }, limit: tokenLimit() } as const;
  const page = await attempt(`Failed fetching UnitState(${unit}) from Registry`, () =>
    gatherPage(first, 1, (part) => registry.statePage(part, { unit }, call.signal)),
  );
  const [state] = page.items;
  return state === undefined
    ? answerMissing(call)
    : jsonAnswer(200, jsonText(toUnitStateWire(state)));
}

/** The client in fleetctl 1.0.0 dies of a 404 here, so it gets what it got: no answer at all. */
function answerMissing({ request }: Call): "hang up" {
  if (isClientOf1(request.raw)) return "hang up";
  throw new RequestError(404, "unit state does not exist");
}

/** The first value of each filter counts, "" is none; undefined when nothing can match. */
function filterIn(query: string): StateFilter | undefined {
  const [unitName = ""] = queryValues(query, "unitName");
  const [machine = ""] = queryValues(query, "machineID");
  const unit = unitNameIn(unitName);
  if (unitName !== "" && unit === undefined) return undefined;
  return {
    ...(unit === undefined ? {} : { unit }),
    ...(machine === "" ? {} : { machine: machine as MachineId }),
  };
}
