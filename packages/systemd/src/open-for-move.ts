import { SystemdError } from "@fleet/core";

import { unitNamesIn } from "./claim-directory.ts";
import { type DirectoryLock, lockDirectory } from "./directory-lock.ts";
import { ownerOf } from "./directory-owner.ts";
import type { UnitDirectory } from "./unit-directory.ts";

/** A directory that units can move to, and that no other fleetd uses as long as it is locked. */
export interface LockedDirectory {
  readonly directory: UnitDirectory;
  readonly lock: DirectoryLock;
}

/**
 * Opens the directory that the units in `from` are to move to; undefined when they lie there already.
 * Files in it that are left of an earlier move are taken away.
 * @throws {SystemdError} when it cannot be used, or holds what is not fleet's.
 */
export async function openForMove(
  path: string,
  from: UnitDirectory,
  open: (path: string) => Promise<UnitDirectory>,
): Promise<LockedDirectory | undefined> {
  const refused = (why: string): SystemdError =>
    new SystemdError(`cannot use units directory ${path}: ${why}`);
  const why = await whyNotOurs(path, ownerOf(from.path));
  if (why !== undefined) throw refused(why);
  const directory = await open(path);
  if (directory.path === from.path) return undefined;
  const lock = await lockDirectory(directory.path);
  if (lock === undefined) throw refused("another fleetd uses it");
  for (const unit of await directory.names()) {
    if (from.has(unit)) await directory.marks.unmark(unit);
    else await directory.remove(unit);
  }
  return { directory, lock };
}

/** Whatever lies in a units directory counts as fleet's own, and is removed when no one wishes it. */
async function whyNotOurs(path: string, owner: string | undefined): Promise<string | undefined> {
  const theirs = ownerOf(path);
  if (theirs === owner) return undefined;
  if (theirs !== undefined) return "it belongs to another fleet";
  const [unit] = await unitNamesIn(path);
  return unit && `${unit} in it is not fleet's`;
}
