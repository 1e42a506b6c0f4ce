import { parseUnitName, UnitNameError, type UnitName } from "@fleet/core";

/** The name that `text` is; undefined when nothing of that name can be stored. */
export function unitNameIn(text: string): UnitName | undefined {
  try {
    return parseUnitName(text);
  } catch (error) {
    if (error instanceof UnitNameError) return undefined;
    throw error;
  }
}
