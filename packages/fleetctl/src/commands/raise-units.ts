import { messageOf, unitNameParts } from "@fleet/core";

import { say, warn, type Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { inParallel } from "../parallel.ts";
import { type EnsuredUnit, ensureCreated } from "../unit-source/ensure-created.ts";
import { unitWordOf } from "../unit-source/unit-words.ts";
import { waitLimits, type WaitLimits } from "../waiting/limits.ts";
import { PlacementReasons } from "../waiting/placement-reasons.ts";
import type { WaitOptions } from "../waiting/wait-flags.ts";
import type { CreationOptions } from "./creation-flags.ts";

/** How `load` and `start` differ until they wait. */
export interface Raise {
  readonly command: "load" | "start";
  readonly target: "loaded" | "launched";
  /** What a failure to say so is introduced with. */
  readonly attempt: "Error loading units" | "Error starting units";
}

/** What is to be waited for. */
export interface Raised {
  readonly names: readonly string[];
  /** Those of them that were wished so already, and so were left as they are. */
  readonly wishedBefore: ReadonlySet<string>;
  readonly limits: WaitLimits;
}

/**
 * Creates the units that are missing and wishes all that are not wished so yet to be `target`. A
 * global unit and, after `--no-block`, any unit is only told of: then nothing is left to wait for.
 */
export async function raiseUnits(
  context: Context,
  raise: Raise,
  { words, options }: { words: readonly string[]; options: CreationOptions & WaitOptions },
): Promise<Raised> {
  const limits = waitLimits(options, context.clock);
  const { command, target } = raise;
  const { replace } = options;
  refuseTemplates(words, raise);
  const units = await ensureCreated(context, { command, words, replace, limits });
  const changed = units.filter((unit) => unit.targetState !== target);
  await wish(changed, raise, context);
  for (const { name } of changed.filter((unit) => unit.isGlobal)) {
    say(context, `Triggered global unit ${name} ${command}`);
  }
  await tellWaitingGlobals(units, raise, context);
  const local = units.filter((unit) => !unit.isGlobal);
  const before = local.filter((unit) => unit.targetState === target);
  const wishedBefore = new Set(before.map((unit) => unit.name));
  const names = local.map((unit) => unit.name);
  if (options.block !== false) return { names, wishedBefore, limits };
  for (const name of names) {
    if (!wishedBefore.has(name)) say(context, `Triggered unit ${name} ${command}`);
  }
  return { names: [], wishedBefore, limits };
}

/** In the API's words, but before anything has been changed. */
function refuseTemplates(words: readonly string[], { attempt }: Raise): void {
  const names = words.map((word) => unitWordOf(word).name);
  const template = names.find((name) => unitNameParts(name)?.kind === "template");
  if (template === undefined) return;
  const reason = `googleapi: Error 400: cannot activate template "${template}"`;
  throw new CommandError(`${attempt}: ${reason}`);
}

/** Nobody waits for a global unit; of one that was wished so before and is nowhere it is said why. */
async function tellWaitingGlobals(
  units: readonly EnsuredUnit[],
  { target }: Raise,
  context: Context,
): Promise<void> {
  const reasons = new PlacementReasons(context);
  for (const { name, isGlobal, targetState } of units) {
    if (!isGlobal || targetState !== target) continue;
    const reason = await reasons.nowOfGlobal(name);
    if (reason !== undefined) {
      warn(context, `Global unit ${name} is to be ${target}, but ${reason}`);
    }
  }
}

async function wish(
  units: readonly EnsuredUnit[],
  { target, attempt }: Raise,
  { client, signal }: Context,
): Promise<void> {
  try {
    await inParallel(units, ({ name }) => client().setTargetState(name, target, signal));
  } catch (error) {
    throw new CommandError(`${attempt}: ${messageOf(error)}`, { cause: error });
  }
}
