import type { MachineId, UnitName, UnitState } from "@fleet/core";
import type { UnitRegistry } from "@fleet/registry";

import { type Reported, toReportsWire } from "../convert.ts";
import { jsonText } from "../json.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import { attempt, RequestError } from "./errors.ts";
import { gatherPage } from "./gather-page.ts";
import { queryValues } from "./percent.ts";
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
  const [machine = ""] = queryValues(call.query, "machineID");
  const states = await attempt(`Failed fetching reports of Unit(${unit}) from Registry`, () =>
    machine === ""
      ? statesOf(registry, unit, call.signal)
      : stateOn(registry, { unit, machine: machine as MachineId }, call.signal),
  );
  if (states.length === 0) throw noReports();
  return jsonAnswer(200, jsonText(toReportsWire(unit, states)));
}

/** On the machines that have the unit, and on those that it is leaving; by machine ID. */
async function statesOf(
  registry: UnitRegistry,
  unit: UnitName,
  signal: AbortSignal,
): Promise<readonly Reported[]> {
  const first = { start: { kind: "first" }, limit: REPORTS_MAX } as const;
  const filters = [{ unit }, { leaving: unit }] as const;
  const pages = filters.map(async (filter) => {
    const { items } = await gatherPage(first, REPORTS_MAX, (page) =>
      registry.statePage(page, filter, signal),
    );
    return items.map((state) => ({ state, leaving: "leaving" in filter }));
  });
  const all = (await Promise.all(pages)).flat();
  const sorted = all.toSorted((a, b) => (a.state.machine < b.state.machine ? -1 : 1));
  return sorted.slice(0, REPORTS_MAX);
}

/** On one machine, also while the unit only ends there. */
async function stateOn(
  registry: UnitRegistry,
  { unit, machine }: Pick<UnitState, "unit" | "machine">,
  signal: AbortSignal,
): Promise<readonly Reported[]> {
  const state = await registry.stateOn(machine, unit, signal);
  return state === undefined ? [] : [{ state, leaving: false }];
}

function noReports(): RequestError {
  return new RequestError(404, "no machine reports the unit");
}
