import { isGlobal } from "@fleet/core";

import type { ApiUnit } from "../client/fleet-api.ts";
import type { Context } from "../context.ts";
import { PlacementReasons } from "../waiting/placement-reasons.ts";
import { Troubles } from "../waiting/troubles.ts";

/** One line for a unit that is to be on a machine: what is in its way. */
export async function whyNotLoaded(unit: ApiUnit, context: Context): Promise<string> {
  const { name, targetState, machine } = unit;
  const reasons = new PlacementReasons(context);
  if (machine === "" || isGlobal(unit.file, name)) {
    return `It is to be ${targetState}, but ${await reasons.now(name)}.`;
  }
  const place = await context.machines().legend(machine, "short");
  const away = await reasons.nowOfPlaced(unit);
  if (away !== undefined) return `It was on ${place}, which is away, and ${away}.`;
  return `It is loading on ${place}${await new Troubles(context).endOf(name, machine)}`;
}
