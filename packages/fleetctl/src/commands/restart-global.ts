import type { ApiUnit } from "../client/fleet-api.ts";
import { warn, type Context } from "../context.ts";
import { type Everywhere, EverywhereGoal } from "../waiting/everywhere-goal.ts";
import { KeptWish } from "../waiting/kept-wish.ts";
import type { WaitLimits } from "../waiting/limits.ts";
import { machinesOf } from "./run-for-unit.ts";
import { setTarget } from "./set-target.ts";
import { waitOrExplain } from "./wait-or-explain.ts";

/**
 * Stops a global unit on every machine that has it, then starts it there again. Each machine that got
 * there is told of on stdout. False for a unit that is on no machine, which is said on stderr.
 */
export async function restartGlobal(
  unit: ApiUnit,
  limits: WaitLimits,
  context: Context,
): Promise<boolean> {
  const { name } = unit;
  const machines = await machinesOf(unit, context);
  if (unit.targetState === "inactive" || machines.length === 0) {
    warn(context, unableToRestart(unit));
    return false;
  }
  if (unit.targetState === "launched") {
    await reachEverywhere(name, { machines, state: "loaded" }, { limits, context });
  }
  await reachEverywhere(name, { machines, state: "launched" }, { limits, context });
  context.log.info({ unit: name }, `Unit(${name}) was restarted.`);
  return true;
}

async function reachEverywhere(
  name: string,
  everywhere: Everywhere,
  { limits, context }: { readonly limits: WaitLimits; readonly context: Context },
): Promise<void> {
  const { state } = everywhere;
  await setTarget(name, state, context);
  const reached = new EverywhereGoal(context, everywhere);
  const goal = new KeptWish(reached, { target: state, reach: "exactly" });
  await waitOrExplain(context, { names: [name], goal, limits });
}

/** fleet's line for a unit that is on no machine, and what can be done. */
export function unableToRestart({ name, targetState }: ApiUnit): string {
  const advice =
    targetState === "inactive"
      ? `"fleetctl start ${name}" starts it`
      : `it is to be ${targetState} and runs nowhere yet, "fleetctl start ${name}" waits for it and says why`;
  return `Unable to restart unit ${name} in state inactive: ${advice}`;
}
