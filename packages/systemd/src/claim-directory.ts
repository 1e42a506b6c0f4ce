import { readdir, realpath } from "node:fs/promises";

import { parseUnitName, SystemdError, type UnitName, UnitNameError } from "@fleet/core";

import { ownerOf } from "./directory-owner.ts";
import { findUnitFiles } from "./search-path.ts";

/** Links below it last until the next boot, a person's own too. */
const RUNTIME = "/run/";

/**
 * Makes sure that a directory may become the units directory: whatever lies there counts as fleet's own from then on,
 * and is stopped and removed when no one wishes it. Where no fleet has noted that it is its own, only units that systemd
 * is linked to until the next boot are: fleet 1.0.0 noted nothing and linked so, people mostly do not.
 * @throws {SystemdError} that names a unit of somebody else's.
 */
export async function claimDirectory(path: string, searchPath: readonly string[]): Promise<void> {
  if (ownerOf(path) !== undefined) return;
  const units = await unitNamesIn(path);
  if (units.length === 0) return;
  const found = await findUnitFiles(searchPath, await realpath(path), units);
  const isFleets = (unit: UnitName): boolean =>
    found.get(unit)?.links.some((link) => link.startsWith(RUNTIME)) === true;
  const theirs = units.find((unit) => !isFleets(unit));
  if (theirs === undefined) return;
  throw new SystemdError(`cannot use units directory ${path}: ${theirs} in it is not fleet's`);
}

/** None in a directory that cannot be read: whoever opens it tells what is wrong. */
export async function unitNamesIn(path: string): Promise<readonly UnitName[]> {
  const entries = await readdir(path).catch(() => []);
  return entries.flatMap((entry) => unitNameOf(entry) ?? []);
}

function unitNameOf(entry: string): UnitName | undefined {
  try {
    return parseUnitName(entry);
  } catch (error) {
    if (error instanceof UnitNameError) return undefined;
    throw error;
  }
}
