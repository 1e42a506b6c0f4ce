import type { Command } from "commander";

import { warn, type Context } from "../context.ts";
import { KeptWish } from "../waiting/kept-wish.ts";
import { StateGoal } from "../waiting/state-goal.ts";
import { noBlockFlag, waitFlags, type WaitOptions } from "../waiting/wait-flags.ts";
import { creationFlags, type CreationOptions } from "./creation-flags.ts";
import { newCommand, NO_UNITS } from "./new-command.ts";
import { raiseUnits } from "./raise-units.ts";
import { waitOrExplain } from "./wait-or-explain.ts";

const DESCRIPTION = `Put one or more units on machines of the cluster, first submitting them if necessary.
A unit that is loaded is known to its machine's systemd and is not started.

Select units to load by glob matching for units in the current working directory
or matching names of previously submitted units.

For units which are not global, load waits until they are loaded.`;

/** `fleetctl load`: has units placed and known to systemd; one that runs is stopped. */
export function load(context: Context): Command {
  const usage = "load [--no-block|--block-attempts=N] [--timeout=DURATION] UNIT...";
  const flags = [...creationFlags(), noBlockFlag(), ...waitFlags()];
  return newCommand({ usage, description: DESCRIPTION, flags }).action(
    async (words: readonly string[], options: CreationOptions & WaitOptions) => {
      if (words.length === 0) return warn(context, NO_UNITS);
      const raise = { command: "load", target: "loaded", attempt: "Error loading units" } as const;
      const { wishedBefore, ...wait } = await raiseUnits(context, raise, { words, options });
      const loaded = new StateGoal(context, "loaded", { raises: { wishedBefore } });
      const goal = new KeptWish(loaded, { target: raise.target, reach: "exactly" });
      await waitOrExplain(context, { ...wait, goal });
    },
  );
}
