import {
  isTargetState,
  normaliseUnitFile,
  parseUnitName,
  quoteText,
  type TargetState,
  type UnitFile,
  unitHash,
  type UnitName,
  unitNameParts,
  validateUnitFile,
} from "@fleet/core";
import type { Revision, StoredUnit } from "@fleet/registry";

import { RequestError } from "./errors.ts";
import type { UnitBody } from "./unit-body.ts";

/** What a PUT amounts to, given what is stored. `expected` is the revision that was decided on. */
export type PutDecision =
  | {
      readonly kind: "store";
      readonly file: UnitFile;
      readonly targetState: TargetState;
      readonly expected: Revision;
    }
  | { readonly kind: "set"; readonly targetState: TargetState; readonly expected: Revision };

const ABSENT: Revision = 0;

/**
 * The name a PUT is about. The URL's; the body may repeat it.
 * @throws {RequestError} when the body names another unit.
 * @throws {UnitNameError}
 */
export function nameOfPut(inUrl: string, inBody: string): UnitName {
  if (inBody !== "" && inBody !== inUrl) {
    const names = [quoteText(inUrl), quoteText(inBody)];
    const message = `name in URL ${names[0]} differs from unit name in request body ${names[1]}`;
    throw new RequestError(400, message);
  }
  return parseUnitName(inUrl);
}

/**
 * Decides between storing a file (201) and changing the target state (204), in fleet's order. Three
 * things differ from fleet 1.0.0: a replacement is validated like a creation, a target state outside
 * the three is refused, and a template cannot be stored as active.
 * @throws {RequestError | UnitFileError | RequirementsError} with the text for whoever asked.
 */
export function decidePut(
  name: UnitName,
  body: UnitBody,
  existing: Pick<StoredUnit, "hash" | "revision"> | undefined,
): PutDecision {
  if (body.options.length === 0 && existing === undefined) {
    throw new RequestError(409, "unit does not exist and options field empty");
  }
  if (body.options.length > 0) {
    validateUnitFile(body.options);
    const file = normaliseUnitFile(body.options);
    if (existing === undefined || unitHash(file) !== existing.hash) {
      const targetState = targetStateOf(name, body.desiredState || "inactive");
      return { kind: "store", file, targetState, expected: existing?.revision ?? ABSENT };
    }
  }
  if (body.desiredState === "") {
    throw new RequestError(409, "must provide DesiredState to update existing unit");
  }
  const targetState = targetStateOf(name, body.desiredState);
  return { kind: "set", targetState, expected: existing?.revision ?? ABSENT };
}

function targetStateOf(name: UnitName, text: string): TargetState {
  if (!isTargetState(text)) {
    const message = `invalid desiredState ${quoteText(text)}: expect inactive, loaded or launched`;
    throw new RequestError(400, message);
  }
  if (text !== "inactive" && unitNameParts(name)?.kind === "template") {
    throw new RequestError(400, `cannot activate template ${quoteText(name)}`);
  }
  return text;
}
