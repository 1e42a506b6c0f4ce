import { messageOf, type UnitFile } from "@fleet/core";

import type { ApiUnit } from "../client/fleet-api.ts";
import type { Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { goFileError } from "../go-file-error.ts";
import { differenceWarning, isSameFile, type LocalVersion, localVersionOf } from "./compare.ts";
import { findFile } from "./find-file.ts";
import { templateOf, templatePathOf } from "./local-file.ts";
import { refuseInvalid } from "./refuse-invalid.ts";
import type { UnitWord } from "./unit-words.ts";

/** The commands that may create units. */
export type CreatingCommand = "submit" | "load" | "start" | "restart";

export interface PlanOptions {
  readonly command: CreatingCommand;
  readonly replace: boolean;
}

/** What is to be done about one unit before the command proper. */
export type UnitPlan =
  /** It stays as the cluster has it; `told` is for stdout, `warnings` for stderr. */
  | {
      readonly kind: "keep";
      readonly unit: ApiUnit;
      readonly told: readonly string[];
      readonly warnings: readonly string[];
    }
  /** Its file is to be replaced, and not by this command: `refusal` is for stderr. */
  | { readonly kind: "refused"; readonly refusal: string }
  /** It is created, or its file is replaced. */
  | {
      readonly kind: "create";
      readonly word: UnitWord;
      readonly file: UnitFile;
      readonly warnings: readonly string[];
    };

/** How far a unit may have been taken for a command to replace its file. */
const REPLACEABLE: Readonly<Record<CreatingCommand, readonly string[]>> = {
  submit: ["inactive"],
  load: ["inactive", "loaded"],
  start: ["inactive", "loaded", "launched"],
  restart: [],
};

/**
 * Decides about one unit; changes nothing.
 * @throws {CommandError} with fleet's text when the unit can neither be found nor created.
 */
export async function planUnit(
  word: UnitWord,
  options: PlanOptions,
  context: Context,
): Promise<UnitPlan> {
  const unit = await storedUnit(word.name, context);
  if (unit === undefined) return planCreation(word, options, context);
  const local = await localVersionOf(word);
  if (!options.replace) return keep(unit, { warnings: differences(unit, local, word) });
  if (local.kind === "none") throw nothingToReplaceWith(word);
  if (isSameFile(unit.file, local.file)) {
    const told = [`Found same Unit(${unit.name}) in Registry, nothing to do`];
    return keep(unit, { told });
  }
  if (REPLACEABLE[options.command].includes(unit.targetState)) {
    return planCreation(word, options, context);
  }
  const command = unit.targetState === "launched" ? "start" : "load";
  const refusal = `Warning: can not replace Unit(${unit.name}) in state '${unit.targetState}', use the appropriate command: fleetctl ${command} --replace ${word.path}`;
  return { kind: "refused", refusal };
}

async function storedUnit(name: string, context: Context): Promise<ApiUnit | undefined> {
  try {
    return await context.client().unit(name, context.signal);
  } catch (error) {
    const message = `error retrieving Unit(${name}) from Registry: ${messageOf(error)}`;
    throw new CommandError(message, { cause: error });
  }
}

function keep(
  unit: ApiUnit,
  { told = [], warnings = [] }: { told?: readonly string[]; warnings?: readonly string[] },
): UnitPlan {
  return { kind: "keep", unit, told, warnings };
}

function differences(unit: ApiUnit, local: LocalVersion, word: UnitWord): readonly string[] {
  if (local.kind === "none" || isSameFile(unit.file, local.file)) return [];
  return [differenceWarning(unit.name, word.path, local.kind)];
}

function nothingToReplaceWith(word: UnitWord): Error {
  const template = templateOf(word.name);
  if (template === undefined) {
    return new CommandError(`error Unit ${word.path} does not seem to be a template unit`);
  }
  return goFileError("stat", templatePathOf(word, template), { code: "ENOENT" });
}

async function planCreation(
  word: UnitWord,
  { replace }: PlanOptions,
  context: Context,
): Promise<UnitPlan> {
  const { name } = word;
  const found = await findFile(word, context.client(), context.signal);
  const { file, path } = found;
  const warnings = replace ? [] : found.warnings; // nothing to advise to who has added --replace
  await refuseInvalid({ name, file, path });
  return { kind: "create", word, file, warnings };
}
