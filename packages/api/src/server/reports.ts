import { toReportsWire } from "../convert.ts";
import { jsonText } from "../json.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import { attempt, RequestError } from "./errors.ts";
import { gatherPage } from "./gather-page.ts";
import { type Call, itemName, type RouteOptions, type Serves } from "./routes.ts";
import { unitNameIn } from "./unit-name.ts";

/** Of a global unit on more machines the first by ID are told. */
const REPORTS_MAX = 1000;

/** `/reports/{name}`, which fleet 1.0.0 does not have: its own entities stay as they are. */
export function reportRoutes(options: RouteOptions): Serves<"getReports"> {
  return { getReports: (call) => getReports(options, call) };
}

async function getReports({ registry }: RouteOptions, call: Call): Promise<Answer> {
  const unit = unitNameIn(itemName(call));
  if (unit === undefined) throw noReports();
  const first = { start: { kind: "first" }, limit: REPORTS_MAX } as const;
  const { items } = await attempt(`Failed fetching reports of Unit(${unit}) from Registry`, () =>
    gatherPage(first, REPORTS_MAX, (page) => registry.statePage(page, { unit }, call.signal)),
  );
  if (items.length === 0) throw noReports();
  return jsonAnswer(200, jsonText(toReportsWire(unit, items)));
}

function noReports(): RequestError {
  return new RequestError(404, "no machine reports the unit");
}
