import type { UnitName } from "@fleet/core";

import { toUnitWire } from "../convert.ts";
import { jsonText } from "../json.ts";
import { type Answer, emptyAnswer, jsonAnswer } from "./answer.ts";
import { attempt, RequestError } from "./errors.ts";
import { answerPage } from "./page-answer.ts";
import { FirstLook } from "./first-look.ts";
import { putUnit } from "./put-unit.ts";
import { type Call, itemName, type RouteOptions, type Serves } from "./routes.ts";
import { unitNameIn } from "./unit-name.ts";

/** `/units` and `/units/{name}`. */
export function unitRoutes(
  options: RouteOptions,
): Serves<"listUnits" | "getUnit" | "putUnit" | "destroyUnit"> {
  const firstLook = new FirstLook();
  return {
    listUnits: (call) => listUnits(options, call),
    getUnit: (call) => getUnit(options, call, firstLook),
    putUnit: (call) => putUnit(options, call, firstLook),
    destroyUnit: (call) => destroyUnit(options, call),
  };
}

function listUnits({ registry, tokenLimit }: RouteOptions, call: Call): Promise<Answer> {
  return answerPage(call.query, tokenLimit(), {
    key: "units",
    entities: "Units",
    read: (page) => registry.unitPage(page, call.signal),
    toWire: toUnitWire,
  });
}

async function getUnit(
  { registry }: RouteOptions,
  call: Call,
  firstLook: FirstLook,
): Promise<Answer> {
  const name = existingName(call);
  const unit = await attempt(`Failed fetching Unit(${name}) from Registry`, () =>
    registry.unit(name, call.signal),
  );
  if (unit === undefined) throw unitMissing();
  return jsonAnswer(200, jsonText(toUnitWire(firstLook.at(unit, call.request.raw))));
}

async function destroyUnit({ registry }: RouteOptions, call: Call): Promise<Answer> {
  const name = existingName(call);
  const wasThere = await attempt(`Failed destroying Unit(${name})`, () =>
    registry.destroyUnit(name, call.signal),
  );
  if (!wasThere) throw unitMissing();
  return emptyAnswer(204);
}

/** GET and DELETE do not check the name: one that cannot be stored does not exist. */
function existingName(call: Call): UnitName {
  const name = unitNameIn(itemName(call));
  if (name === undefined) throw unitMissing();
  return name;
}

function unitMissing(): RequestError {
  return new RequestError(404, "unit does not exist");
}
