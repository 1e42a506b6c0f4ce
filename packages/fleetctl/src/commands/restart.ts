import { isGlobal } from "@fleet/core";
import type { Command } from "commander";

import type { ApiUnit } from "../client/fleet-api.ts";
import { LookUp } from "../client/look-up.ts";
import { warn, type Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { ensureCreated } from "../unit-source/ensure-created.ts";
import { unitWordOf } from "../unit-source/unit-words.ts";
import { ActiveGoal } from "../waiting/active-goal.ts";
import { KeptWish } from "../waiting/kept-wish.ts";
import { type WaitLimits, waitLimits } from "../waiting/limits.ts";
import { StateGoal } from "../waiting/state-goal.ts";
import { waitFlags, type WaitOptions } from "../waiting/wait-flags.ts";
import { newCommand, NO_UNITS } from "./new-command.ts";
import { restartGlobal, unableToRestart } from "./restart-global.ts";
import { setTarget } from "./set-target.ts";
import { waitOrExplain } from "./wait-or-explain.ts";

const DESCRIPTION = `Stop one or more units and start them again, one after another, on the machines where they are.

Restart a single unit:
fleetctl restart foo.service

Restart an entire directory of units with glob matching:
fleetctl restart myservice/*

A global unit is restarted on every machine that has it, on all of them at once.`;

/** `fleetctl restart`: has units stopped, then started where they are; a stopped one is started. */
export function restart(context: Context): Command {
  const usage = "restart [--block-attempts=N] [--timeout=DURATION] UNIT...";
  return newCommand({ usage, description: DESCRIPTION, flags: waitFlags() }).action(
    async (words: readonly string[], options: WaitOptions) => {
      if (words.length === 0) return warn(context, NO_UNITS);
      const limits = waitLimits(options, context.clock);
      const names = words.map((word) => unitWordOf(word).name);
      const lookUp = new LookUp(context.client(), context.signal);
      const found = await lookUp.units([...new Set(names)]);
      await ensureCreated(context, { command: "restart", words, replace: false, limits });
      let isComplete = true;
      for (const unit of found.values()) {
        isComplete = (await restartOne(unit, limits, context)) && isComplete;
      }
      if (!isComplete) throw new CommandError("");
    },
  );
}

/** False for a unit that is on no machine, which has been said then. */
async function restartOne(unit: ApiUnit, limits: WaitLimits, context: Context): Promise<boolean> {
  const { name, currentState } = unit;
  if (isGlobal(unit.file, name)) return restartGlobal(unit, limits, context);
  if (currentState === "inactive") {
    warn(context, unableToRestart(unit));
    return false;
  }
  if (currentState === "loaded") {
    context.log.info({ unit: name }, `Unit(${name}) already loaded, starting.`);
    await launch(name, limits, context);
    return true;
  }
  await setTarget(name, "loaded", context);
  const stopped = new StateGoal(context, "loaded");
  const goal = new KeptWish(stopped, { target: "loaded", reach: "exactly" });
  await waitOrExplain(context, { names: [name], goal, limits });
  await launch(name, limits, context);
  context.log.info({ unit: name }, `Unit(${name}) was restarted.`);
  return true;
}

async function launch(name: string, limits: WaitLimits, context: Context): Promise<void> {
  await setTarget(name, "launched", context);
  const goal = new KeptWish(new ActiveGoal(context), { target: "launched", reach: "exactly" });
  await waitOrExplain(context, { names: [name], goal, limits });
}
