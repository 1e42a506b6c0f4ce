import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const OWNER_FILE = ".owner";

/** Notes whose units lie in a directory. */
export function noteOwner(directory: string, owner: string): void {
  if (ownerOf(directory) !== owner) writeFileSync(join(directory, OWNER_FILE), owner);
}

/** What was noted, undefined when nothing was. */
export function ownerOf(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, OWNER_FILE), "utf8");
  } catch {
    return undefined;
  }
}
