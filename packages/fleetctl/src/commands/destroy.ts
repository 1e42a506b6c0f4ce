import { messageOf } from "@fleet/core";
import type { Command } from "commander";

import { dropPlaces } from "../client/drop-places.ts";
import { say, warn, type Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { inParallel } from "../parallel.ts";
import { GoneGoal } from "../waiting/gone-goal.ts";
import { WaitFailure } from "../waiting/goal.ts";
import { type WaitLimits, waitLimits } from "../waiting/limits.ts";
import { noBlockFlag, waitFlags, type WaitOptions } from "../waiting/wait-flags.ts";
import { waitForUnits } from "../waiting/wait-for-units.ts";
import { newCommand } from "./new-command.ts";
import { storedUnits } from "./stored-units.ts";

const DESCRIPTION = `Stop one or more units wherever they run, take them off their machines and forget them.

Destroyed units are impossible to start again: their unit files have to be submitted anew.`;

/** `fleetctl destroy`: takes units out of the cluster. One that fails does not hold up the others. */
export function destroy(context: Context): Command {
  const flags = [noBlockFlag(), ...waitFlags()];
  return newCommand({ usage: "destroy UNIT...", description: DESCRIPTION, flags }).action(
    async (words: readonly string[], options: WaitOptions) => {
      const limits = waitLimits(options, context.clock);
      const units = await storedUnits(words, context);
      const names = [...new Set(units.map((unit) => unit.name))];
      const outcomes = await inParallel(names, (name) => destroyOne(name, context));
      const destroyed = names.filter((_name, index) => outcomes[index] === "destroyed");
      if (options.block === false) await tellEnd(destroyed, context);
      else await awaitEnd(destroyed, limits, context);
      if (outcomes.includes("failed")) throw new CommandError("");
    },
  );
}

async function destroyOne(
  name: string,
  context: Context,
): Promise<"destroyed" | "gone" | "failed"> {
  try {
    return (await context.client().destroyUnit(name, context.signal)) ? "destroyed" : "gone";
  } catch (error) {
    context.signal.throwIfAborted();
    warn(context, `Error destroying units: ${messageOf(error)}`);
    return "failed";
  }
}

async function tellEnd(names: readonly string[], context: Context): Promise<void> {
  for (const name of names) say(context, `Destroyed ${name}`);
  await tellWhatReturns(names, context);
}

/** A file in a drop directory outlives the unit, and may make it anew before anybody looks. */
async function tellWhatReturns(names: readonly string[], context: Context): Promise<void> {
  if (names.length === 0) return;
  for (const [name, place] of await dropPlaces(context, names)) {
    const what = `Unit ${name} comes back unless its file in the drop directory of ${place} is removed`;
    warn(context, `WARNING: ${what}.`);
  }
}

async function awaitEnd(
  names: readonly string[],
  limits: WaitLimits,
  context: Context,
): Promise<void> {
  const goal = new GoneGoal(context);
  let failure: WaitFailure | undefined;
  try {
    await waitForUnits(context, { names, goal, limits });
  } catch (error) {
    if (!(error instanceof WaitFailure)) throw error;
    failure = error;
  }
  const gone = names.filter((name) => goal.gone.has(name));
  await tellEnd(gone, context);
  if (failure === undefined) return;
  throw new CommandError(`Error waiting for units: ${failure.message}`, { cause: failure });
}
