import { isGlobal } from "@fleet/core";

import { say, warn, type Context } from "../context.ts";
import { CommandError, messageOf } from "../errors.ts";
import { inParallel } from "../parallel.ts";
import { WaitFailure } from "../waiting/goal.ts";
import type { WaitLimits } from "../waiting/limits.ts";
import { StateGoal } from "../waiting/state-goal.ts";
import { waitForUnits } from "../waiting/wait-for-units.ts";
import { planUnit, type PlanOptions, type UnitPlan } from "./plan-unit.ts";
import { type UnitWord, unitWordOf } from "./unit-words.ts";

export interface EnsureOptions extends PlanOptions {
  readonly words: readonly string[];
  readonly limits: WaitLimits;
}

/** A unit that is in the cluster now. */
export interface EnsuredUnit {
  readonly name: string;
  readonly isGlobal: boolean;
  readonly targetState: string;
}

/**
 * Makes sure that the cluster has every unit named: creates those it lacks and, where asked to,
 * replaces those that differ. What cannot be found ends it, with
 * the units before it created and none after it. Resolves in the order of the words, without repeats.
 * @throws {CommandError} with fleet's text.
 */
export async function ensureCreated(
  context: Context,
  options: EnsureOptions,
): Promise<readonly EnsuredUnit[]> {
  const words = distinct(options.words.map(unitWordOf));
  const outcomes = await inParallel(words, (word) => outcomeOf(word, options, context));
  const firstFailure = outcomes.findIndex((outcome) => "error" in outcome);
  const usable = firstFailure === -1 ? outcomes : outcomes.slice(0, firstFailure);
  const plans = usable.flatMap((outcome) => ("plan" in outcome ? [outcome.plan] : []));
  for (const plan of plans) tellPlan(plan, context);
  await create(plans, context);
  const failed = outcomes[firstFailure];
  if (failed !== undefined && "error" in failed) throw creationError(failed.error);
  await awaitCreation(plans, options.limits, context);
  return plans.map(ensured);
}

type Outcome = { readonly plan: UnitPlan } | { readonly error: unknown };

/** Failures are kept for later: which one ends the command depends on the order of the words. */
async function outcomeOf(word: UnitWord, options: PlanOptions, context: Context): Promise<Outcome> {
  try {
    return { plan: await planUnit(word, options, context) };
  } catch (error) {
    context.signal.throwIfAborted();
    return { error };
  }
}

function distinct(words: readonly UnitWord[]): readonly UnitWord[] {
  const first = new Map<string, UnitWord>();
  for (const word of words) if (!first.has(word.name)) first.set(word.name, word);
  return [...first.values()];
}

function tellPlan(plan: UnitPlan, context: Context): void {
  for (const line of plan.warnings) warn(context, line);
  if (plan.kind === "keep") for (const line of plan.told) say(context, line);
}

async function create(plans: readonly UnitPlan[], context: Context): Promise<void> {
  await inParallel(plans, async (plan) => {
    if (plan.kind === "keep") return;
    try {
      await context.client().createUnit(plan.name, plan.file, context.signal);
    } catch (error) {
      throw creationError(new Error(`failed creating unit ${plan.name}: ${messageOf(error)}`));
    }
  });
}

async function awaitCreation(
  plans: readonly UnitPlan[],
  limits: WaitLimits,
  context: Context,
): Promise<void> {
  const names = plans.flatMap((plan) => (plan.kind === "create" ? [plan.name] : []));
  try {
    const goal = new StateGoal(context, "inactive");
    await waitForUnits(context, { names, goal, limits });
  } catch (error) {
    if (!(error instanceof WaitFailure)) throw error;
    warn(context, `Error waiting on unit creation: ${error.message}`);
    throw creationError(new Error("One or more errors creating units", { cause: error }));
  }
}

function creationError(error: unknown): CommandError {
  return new CommandError(`Error creating units: ${messageOf(error)}`, { cause: error });
}

function ensured(plan: UnitPlan): EnsuredUnit {
  if (plan.kind === "create") {
    const { name, file } = plan;
    return { name, isGlobal: isGlobal(file, name), targetState: "inactive" };
  }
  const { name, file, targetState } = plan.unit;
  return { name, isGlobal: isGlobal(file, name), targetState };
}
