import type { Command } from "commander";

import { warn, type Context } from "../context.ts";
import { ActiveGoal } from "../waiting/active-goal.ts";
import { KeptWish } from "../waiting/kept-wish.ts";
import { noBlockFlag, waitFlags, type WaitOptions } from "../waiting/wait-flags.ts";
import { creationFlags, type CreationOptions } from "./creation-flags.ts";
import { newCommand, NO_UNITS } from "./new-command.ts";
import { raiseUnits } from "./raise-units.ts";
import { waitOrExplain } from "./wait-or-explain.ts";

const DESCRIPTION = `Start one or more units somewhere in the cluster, first submitting and loading them if necessary.

Start a single unit:
fleetctl start foo.service

Start an entire directory of units with glob matching:
fleetctl start myservice/*

For units which are not global, start waits until systemd has made them active (or until a
oneshot has finished well), also for those that are launched already. A unit that fails ends the
wait at once; a unit that waits for a machine is reported on stderr meanwhile.`;

/** `fleetctl start`: has units run, and waits until systemd says that they do. */
export function start(context: Context): Command {
  const usage = "start [--no-block|--block-attempts=N] [--timeout=DURATION] UNIT...";
  const flags = [...creationFlags(), noBlockFlag(), ...waitFlags()];
  return newCommand({ usage, description: DESCRIPTION, flags }).action(
    async (words: readonly string[], options: CreationOptions & WaitOptions) => {
      if (words.length === 0) return warn(context, NO_UNITS);
      const raise = {
        command: "start",
        target: "launched",
        attempt: "Error starting units",
      } as const;
      const { wishedBefore, ...wait } = await raiseUnits(context, raise, { words, options });
      const active = new ActiveGoal(context, wishedBefore);
      const goal = new KeptWish(active, { target: raise.target, reach: "exactly" });
      await waitOrExplain(context, { ...wait, goal });
    },
  );
}
