import { isGlobal, type TargetState } from "@fleet/core";

import type { ApiUnit } from "../client/fleet-api.ts";
import { say, warn, type Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { inParallel } from "../parallel.ts";
import { type Goal, WaitFailure } from "../waiting/goal.ts";
import { isHigher, KeptWish } from "../waiting/kept-wish.ts";
import { waitLimits } from "../waiting/limits.ts";
import { LoweredGoal } from "../waiting/lowered-goal.ts";
import type { WaitOptions } from "../waiting/wait-flags.ts";
import { waitForUnits } from "../waiting/wait-for-units.ts";
import { setTarget } from "./set-target.ts";
import { storedUnits } from "./stored-units.ts";
import { whyNotLoaded } from "./why-not-loaded.ts";

/** How `stop` and `unload` differ. */
export interface Lower {
  readonly verb: "stop" | "unload";
  readonly target: Extract<TargetState, "loaded" | "inactive">;
  readonly done: "stopped" | "unloaded";
}

/**
 * Wishes units to be `target` and waits until they are. A global unit is only told of.
 * @throws {CommandError} when a unit cannot be stopped, or the wait ends without it.
 */
export async function lowerUnits(
  context: Context,
  lower: Lower,
  { words, options }: { readonly words: readonly string[]; readonly options: WaitOptions },
): Promise<void> {
  const limits = waitLimits(options, context.clock);
  const units = await storedUnits(words, context);
  if (units.length === 0) return;
  const firstRefused = units.findIndex((unit) => isRefused(unit, lower));
  const usable = firstRefused === -1 ? units : units.slice(0, firstRefused);
  const names = await wish(usable, lower, context);
  const refused = units[firstRefused];
  if (refused !== undefined) {
    throw new CommandError(await refusalOf(refused, context));
  }
  if (options.block === false) {
    for (const name of names) say(context, `Triggered unit ${name} ${lower.verb}`);
  } else {
    const goal = goalOf(units, lower, context);
    await waitForUnits(context, { names, goal, limits }).catch((error: unknown) => {
      throw lowerFailure(error, { names, lower, context });
    });
  }
  warn(context, `Successfully ${lower.done} units [${names.join(" ")}].`);
}

function goalOf(units: readonly ApiUnit[], { target }: Lower, context: Context): Goal {
  const machines = new Map(units.map(({ name, machine }) => [name, machine]));
  return new KeptWish(new LoweredGoal(context, { target, machines }), { target, reach: "at-most" });
}

/** What is not on a machine cannot be stopped; to unload it is merely done already. */
function isRefused(unit: ApiUnit, { verb }: Lower): boolean {
  return verb === "stop" && !isGlobal(unit.file, unit.name) && unit.currentState === "inactive";
}

async function refusalOf(unit: ApiUnit, context: Context): Promise<string> {
  const { name, currentState, targetState, machine } = unit;
  const refusal = `Unable to stop unit ${name} in state ${currentState}`;
  if (targetState === "inactive") return refusal;
  if (machine !== "") return `${refusal}\n${await whyNotLoaded(unit, context)}`;
  return `${refusal}: it is to be ${targetState} and runs nowhere yet, "fleetctl unload ${name}" takes that back`;
}

/** Resolves with the names of those that are on their way; global ones are told of on stdout. */
async function wish(
  units: readonly ApiUnit[],
  { target, verb }: Lower,
  context: Context,
): Promise<readonly string[]> {
  // One that has not got as far as it is wished would get there later.
  const moving = units.filter(
    (unit) =>
      isGlobal(unit.file, unit.name) ||
      unit.currentState !== target ||
      isHigher(unit.targetState, target),
  );
  const changing = [...new Set(moving.map((unit) => unit.name))];
  await inParallel(changing, (name) => setTarget(name, target, context));
  const names: string[] = [];
  for (const unit of moving) {
    if (isGlobal(unit.file, unit.name)) say(context, `Triggered global unit ${unit.name} ${verb}`);
    else names.push(unit.name);
  }
  return names;
}

function lowerFailure(
  error: unknown,
  around: { readonly names: readonly string[]; readonly lower: Lower; readonly context: Context },
): unknown {
  if (!(error instanceof WaitFailure)) return error;
  const { names, lower, context } = around;
  warn(context, `Error waiting for units: ${error.message}`);
  const message = `Failed to ${lower.verb} units [${names.join(" ")}]. err: ${error.message}`;
  return new CommandError(message, { cause: error });
}
