import { ForeignUnitError, type UnitName } from "@fleet/core";

/** The refusal of a name that the machine itself uses, in the words both unit managers use. */
export function foreignUnitError(unit: UnitName, path: string): ForeignUnitError {
  return new ForeignUnitError(
    `unit ${unit} belongs to this machine (${path}), so fleet does not install one of that name`,
  );
}
