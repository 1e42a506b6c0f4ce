import { lstatSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

import type { UnitName } from "@fleet/core";

/** Where systemd finds files for a unit's name. */
export interface FoundFiles {
  /** Links to the file in fleet's directory. */
  readonly links: readonly string[];
  /** The first file that is not fleet's: the machine's own unit, an alias or a mask. */
  readonly foreign: string | undefined;
}

/**
 * Looks for files named like `units` in systemd's search path, without loading anything into
 * systemd. Asking for each name costs the kernel two microseconds a directory; listing the
 * directories, or going through a thread for every question, costs many times that.
 */
export async function findUnitFiles(
  searchPath: readonly string[],
  unitDirectory: string,
  units: readonly UnitName[],
): Promise<ReadonlyMap<UnitName, FoundFiles>> {
  const directories = distinct(searchPath, unitDirectory);
  const found = new Map<UnitName, FoundFiles>();
  for (const unit of units) {
    const links: string[] = [];
    let foreign: string | undefined;
    for (const path of directories.map((directory) => join(directory, unit))) {
      if (lstatSync(path, { throwIfNoEntry: false }) === undefined) continue;
      if (await isLinkInto(unitDirectory, path)) links.push(path);
      else foreign ??= path;
    }
    found.set(unit, { links, foreign });
  }
  return found;
}

/** The directories that links in systemd's search path lead into, fleet's own left out. */
export function linkedDirectories(
  searchPath: readonly string[],
  unitDirectory: string,
): readonly string[] {
  const found = new Set<string>();
  for (const directory of distinct(searchPath, unitDirectory)) {
    for (const path of linksIn(directory)) found.add(dirname(path));
  }
  found.delete(unitDirectory);
  return [...found];
}

/**
 * The file that a unit in systemd's memory was read from, when it is not fleet's although no file
 * of the unit's own name is foreign: the machine's template, for an instance that the machine uses.
 */
export async function foreignFragment(
  fragmentPath: string,
  unitDirectory: string,
  unit: UnitName,
): Promise<string | undefined> {
  if (fragmentPath === "" || basename(fragmentPath) === unit) return undefined;
  if (dirname(fragmentPath) === unitDirectory) return undefined;
  return (await isLinkInto(unitDirectory, fragmentPath)) ? undefined : fragmentPath;
}

/** What the links in a directory lead to. One that a reload of systemd's takes away meanwhile has none. */
function linksIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isSymbolicLink())
      .map(({ name }) => resolve(directory, readlinkSync(join(directory, name))));
  } catch {
    return [];
  }
}

/** Existing directories of the search path but fleet's own, each once: `/lib` is often `/usr/lib`. */
function distinct(searchPath: readonly string[], except: string): readonly string[] {
  const seen = new Set([identityOf(except)]);
  return searchPath.filter((directory) => {
    const identity = identityOf(directory);
    if (identity === undefined || seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
}

function identityOf(directory: string): string | undefined {
  const stats = statSync(directory, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}

async function isLinkInto(unitDirectory: string, path: string): Promise<boolean> {
  try {
    const target = resolve(dirname(path), readlinkSync(path));
    if (dirname(target) === unitDirectory) return true;
    return (await realpath(dirname(target))) === unitDirectory;
  } catch {
    return false; // no link, or one to nowhere
  }
}
