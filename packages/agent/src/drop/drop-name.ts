import { parseUnitName, UnitNameError } from "@fleet/core";

/**
 * Whether a file of this name is meant to be a unit: it ends as units do. Everything else is none of
 * fleet's business: README files, what editors leave (`.web.service.swp`, `web.service~`, `4913`,
 * `web.service.tmp`), directories such as `.git` and `web.service.d`.
 */
export function isDropName(name: string): boolean {
  if (name.startsWith(".") || name.startsWith("#")) return false;
  const dot = name.lastIndexOf(".");
  return dot > 0 && isUnitType(name.slice(dot + 1));
}

function isUnitType(ending: string): boolean {
  try {
    parseUnitName(`unit.${ending}`);
    return true;
  } catch (error) {
    if (error instanceof UnitNameError) return false;
    throw error;
  }
}
