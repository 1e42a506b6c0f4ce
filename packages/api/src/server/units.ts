import type { UnitName } from "@fleet/core";

import { toUnitWire } from "../convert.ts";
import { jsonText } from "../json.ts";
import { type Answer, emptyAnswer, jsonAnswer } from "./answer.ts";
import { attempt, RequestError } from "./errors.ts";
import { gatherPage } from "./gather-page.ts";
import { nextPageToken, readPageToken } from "./page-token.ts";
import { putUnit } from "./put-unit.ts";
import { type Call, itemName, type RouteOptions, type Serves } from "./routes.ts";
import { unitNameIn } from "./unit-name.ts";

/** `/units` and `/units/{name}`. */
export function unitRoutes(
  options: RouteOptions,
): Serves<"listUnits" | "getUnit" | "putUnit" | "destroyUnit"> {
  return {
    listUnits: (call) => listUnits(options, call),
    getUnit: (call) => getUnit(options, call),
    putUnit: (call) => putUnit(options, call),
    destroyUnit: (call) => destroyUnit(options, call),
  };
}

async function listUnits(options: RouteOptions, { query, signal }: Call): Promise<Answer> {
  const asked = readPageToken(query, options.tokenLimit());
  const page = await attempt("Failed fetching page of Units", () =>
    gatherPage(asked, asked.limit, (part) => options.registry.unitPage(part, signal)),
  );
  const units = page.items.length === 0 ? undefined : page.items.map(toUnitWire);
  return jsonAnswer(200, jsonText({ nextPageToken: nextPageToken(asked, page), units }));
}

async function getUnit({ registry }: RouteOptions, call: Call): Promise<Answer> {
  const name = existingName(call);
  const unit = await attempt(`Failed fetching Unit(${name}) from Registry`, () =>
    registry.unit(name, call.signal),
  );
  if (unit === undefined) throw unitMissing();
  return jsonAnswer(200, jsonText(toUnitWire(unit)));
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
