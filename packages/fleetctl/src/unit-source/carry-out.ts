import { messageOf } from "@fleet/core";

import type { Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { type PlanOptions, planUnit, type UnitPlan } from "./plan-unit.ts";

/** How often a unit is created while others create and destroy it, too. */
const ATTEMPTS_MAX = 3;
const CONFLICT = 409;

/**
 * Creates a unit that is to be created. Where somebody else was faster it is looked at and decided about again, as if it had
 * been there before. Resolves with what was carried out; with a refusal only after such a second look.
 * @throws {CommandError} with fleet's text.
 */
export async function carryOut(
  plan: UnitPlan,
  options: PlanOptions,
  context: Context,
): Promise<UnitPlan> {
  let current = plan;
  for (let attempts = 1; current.kind === "create"; attempts += 1) {
    const { word, file } = current;
    try {
      await context.client().createUnit(word.name, file, context.signal);
      return current;
    } catch (error) {
      if (attempts === ATTEMPTS_MAX || !(await isConflict(error))) {
        const message = `failed creating unit ${word.name}: ${messageOf(error)}`;
        throw new CommandError(message, { cause: error });
      }
    }
    current = await planUnit(word, options, context);
  }
  return current;
}

/** Whether the cluster has the very file that was sent: there is nothing to create or to replace. */
async function isConflict(error: unknown): Promise<boolean> {
  const { ApiResponseError } = await import("@fleet/api/client");
  return error instanceof ApiResponseError && error.status === CONFLICT;
}
