import type { ApiUnit } from "../client/fleet-api.ts";
import { warn, type Context } from "../context.ts";
import { EverywhereGoal } from "../waiting/everywhere-goal.ts";
import type { WaitLimits } from "../waiting/limits.ts";
import { machinesOf } from "./run-for-unit.ts";
import { setTarget } from "./set-target.ts";
import { waitOrExplain } from "./wait-or-explain.ts";

/**
 * Stops a global unit on every machine that has it, then starts it there again. Each machine that got
 * there is told of on stdout.
 */
export async function restartGlobal(
  unit: ApiUnit,
  limits: WaitLimits,
  context: Context,
): Promise<void> {
  const { name } = unit;
  const machines = await machinesOf(unit, context);
  if (unit.targetState === "inactive" || machines.length === 0) {
    return warn(context, `Unable to restart unit ${name} in state inactive`);
  }
  if (unit.targetState === "launched") {
    await setTarget(name, "loaded", context);
    const goal = new EverywhereGoal(context, { machines, state: "loaded" });
    await waitOrExplain(context, { names: [name], goal, limits });
  }
  await setTarget(name, "launched", context);
  const goal = new EverywhereGoal(context, { machines, state: "launched" });
  await waitOrExplain(context, { names: [name], goal, limits });
  context.log.info({ unit: name }, `Unit(${name}) was restarted.`);
}
