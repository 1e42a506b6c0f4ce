import { parseUnitName, UnitNameError, type UnitName } from "@fleet/core";
import type { FastifyInstance } from "fastify";

import { toUnitWire } from "../convert.ts";
import { jsonText } from "../json.ts";
import { type Answer, emptyAnswer, jsonAnswer } from "./answer.ts";
import { attempt, RequestError } from "./errors.ts";
import { gatherPage } from "./gather-page.ts";
import { nextPageToken, readPageToken } from "./page-token.ts";
import { putUnit } from "./put-unit.ts";
import { answering, type Call, itemName, refuseOtherMethods, type RouteOptions } from "./routes.ts";

const COLLECTION_METHODS = new RequestError(405, "only GET supported against this resource");
const ITEM_METHODS = new RequestError(
  405,
  "only GET, PUT and DELETE supported against this resource",
);

/** `/units` and `/units/{name}`. */
export function unitRoutes(app: FastifyInstance, options: RouteOptions): void {
  app.get(
    "/units",
    answering((call) => listUnits(options, call)),
  );
  refuseOtherMethods(app, "/units", ["GET"], COLLECTION_METHODS);
  app.get(
    "/units/:name",
    answering((call) => getUnit(options, call)),
  );
  app.put(
    "/units/:name",
    answering((call) => putUnit(options, call)),
  );
  app.delete(
    "/units/:name",
    answering((call) => destroyUnit(options, call)),
  );
  refuseOtherMethods(app, "/units/:name", ["GET", "PUT", "DELETE"], ITEM_METHODS);
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
  try {
    return parseUnitName(itemName(call));
  } catch (error) {
    if (error instanceof UnitNameError) throw unitMissing();
    throw error;
  }
}

function unitMissing(): RequestError {
  return new RequestError(404, "unit does not exist");
}
