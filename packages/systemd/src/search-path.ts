import { readdir, readlink, realpath } from "node:fs/promises";
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
 * Looks for files named like `units` in systemd's search path. Reading each directory once is as
 * quick for a thousand names as for one, and loads nothing into systemd, unlike asking it.
 */
export async function findUnitFiles(
  searchPath: readonly string[],
  unitDirectory: string,
  units: readonly UnitName[],
): Promise<ReadonlyMap<UnitName, FoundFiles>> {
  const found = new Map(units.map((unit) => [unit, { links: [] as string[], foreign: "" }]));
  for (const directory of await distinct(searchPath, unitDirectory)) {
    for (const entry of await readdir(directory)) {
      const files = found.get(entry as UnitName);
      if (files === undefined) continue;
      const path = join(directory, entry);
      if (await isLinkInto(unitDirectory, path)) files.links.push(path);
      else files.foreign ||= path;
    }
  }
  return new Map(
    [...found].map(([unit, { links, foreign }]) => [
      unit,
      { links, foreign: foreign === "" ? undefined : foreign },
    ]),
  );
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

/** Existing directories of the search path but fleet's own, each once: `/lib` is often `/usr/lib`. */
async function distinct(searchPath: readonly string[], except: string): Promise<Iterable<string>> {
  const real = await Promise.all(
    searchPath.map(async (directory) => realpath(directory).catch(() => except)),
  );
  return new Set(real.filter((directory) => directory !== except));
}

async function isLinkInto(unitDirectory: string, path: string): Promise<boolean> {
  try {
    const target = resolve(dirname(path), await readlink(path));
    if (dirname(target) === unitDirectory) return true;
    return (await realpath(dirname(target))) === unitDirectory;
  } catch {
    return false; // no link, or one to nowhere
  }
}
