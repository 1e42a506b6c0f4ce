import { basename } from "node:path";

import { completeUnitName } from "@fleet/core";

/** A word on the command line that names a unit and, for commands that submit, its file. */
export interface UnitWord {
  readonly name: string;
  /** The word with its type: where the file would be. */
  readonly path: string;
}

/** The unit that a word means: its last part, `.service` added where no known type ends it. */
export function unitNameOf(word: string): string {
  return completeUnitName(lastPart(word));
}

/** The same for commands that may read the file: here the type is added to the whole path first. */
export function unitWordOf(word: string): UnitWord {
  const path = completeUnitName(word);
  return { name: lastPart(path), path };
}

/** Like Go's `path.Base`: "" is "." and only slashes are "/". */
function lastPart(path: string): string {
  if (path === "") return ".";
  return basename(path) || "/";
}
