import { isGlobal, messageOf } from "@fleet/core";

import { say, warn, type Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { inParallel } from "../parallel.ts";
import { CreatedGoal } from "../waiting/created-goal.ts";
import { WaitFailure } from "../waiting/goal.ts";
import { KeptWish } from "../waiting/kept-wish.ts";
import type { WaitLimits } from "../waiting/limits.ts";
import { waitForUnits } from "../waiting/wait-for-units.ts";
import { carryOut } from "./carry-out.ts";
import { doubtsIn } from "./fleet-section.ts";
import { planUnit, type PlanOptions, type UnitPlan } from "./plan-unit.ts";
import { type UnitWord, unitWordOf } from "./unit-words.ts";

export interface EnsureOptions extends PlanOptions {
  readonly words: readonly string[];
  readonly limits: WaitLimits;
}

type PossiblePlan = Exclude<UnitPlan, { readonly kind: "refused" }>;

/** A unit that is in the cluster now. */
export interface EnsuredUnit {
  readonly name: string;
  readonly isGlobal: boolean;
  readonly targetState: string;
}

/**
 * Makes sure that the cluster has every unit named: creates those it lacks and, where asked to,
 * replaces those that differ. Everything is looked at first: a unit that cannot be found, created or
 * replaced ends it with nothing changed, unless somebody else changes it at the same time. Resolves in the order of the words,
 * without repeats.
 * @throws {CommandError} with fleet's text.
 */
export async function ensureCreated(
  context: Context,
  options: EnsureOptions,
): Promise<readonly EnsuredUnit[]> {
  const words = distinct(options.words.map(unitWordOf));
  const planned = await forAll(words, (word) => planUnit(word, options, context), context);
  const plans = possible(planned, context);
  for (const plan of plans) tellPlan(plan, context);
  const carriedOut = await forAll(plans, (plan) => carryOut(plan, options, context), context);
  const done = possible(carriedOut, context);
  for (const plan of done) {
    if (plan.kind === "keep" && !plans.includes(plan)) tellPlan(plan, context);
  }
  await awaitCreation(done, options.limits, context);
  return done.map(ensured);
}

async function forAll<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<UnitPlan>,
  context: Context,
): Promise<readonly UnitPlan[]> {
  try {
    return await inParallel(items, work);
  } catch (error) {
    context.signal.throwIfAborted();
    throw creationError(error);
  }
}

/** fleet goes on with what it refused to replace, so that `load` stops it. */
function possible(plans: readonly UnitPlan[], context: Context): readonly PossiblePlan[] {
  for (const plan of plans) if (plan.kind === "refused") warn(context, plan.refusal);
  const left = plans.filter((plan) => plan.kind !== "refused");
  if (left.length < plans.length) throw new CommandError("");
  return left;
}

function distinct(words: readonly UnitWord[]): readonly UnitWord[] {
  const first = new Map<string, UnitWord>();
  for (const word of words) if (!first.has(word.name)) first.set(word.name, word);
  return [...first.values()];
}

function tellPlan(plan: PossiblePlan, context: Context): void {
  for (const line of plan.warnings) warn(context, line);
  if (plan.kind === "keep") {
    for (const line of plan.told) say(context, line);
    return;
  }
  const { name } = plan.word;
  for (const problem of doubtsIn(plan.file)) {
    context.log.warn({ unit: name }, `Unit ${name}: ${problem}`);
  }
}

async function awaitCreation(
  plans: readonly PossiblePlan[],
  limits: WaitLimits,
  context: Context,
): Promise<void> {
  const names = plans.flatMap((plan) => (plan.kind === "create" ? [plan.word.name] : []));
  try {
    const wish = { target: "inactive", reach: "at-least" } as const;
    const goal = new KeptWish(new CreatedGoal(context), wish);
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

function ensured(plan: PossiblePlan): EnsuredUnit {
  if (plan.kind === "create") {
    const { word, file } = plan;
    const { name } = word;
    return { name, isGlobal: isGlobal(file, name), targetState: "inactive" };
  }
  const { name, file, targetState } = plan.unit;
  return { name, isGlobal: isGlobal(file, name), targetState };
}
