import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import { parseUnitFile, type UnitFile, UnitFileError, unitNameParts } from "@fleet/core";

import { codeOf, goFileError } from "../go-file-error.ts";
import { mistakeLine } from "./mistake-line.ts";
import type { UnitWord } from "./unit-words.ts";

/**
 * Reads a unit file of this machine; undefined when there is none.
 * @throws with fleet's text when it cannot be read or parsed.
 */
export async function readLocalFile(path: string): Promise<UnitFile | undefined> {
  try {
    await stat(path);
  } catch {
    return undefined; // fleet, too, takes a file that it cannot look at for one that is not there
  }
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw goFileError(codeOf(error) === "EISDIR" ? "read" : "open", path, error);
  }
  try {
    return parseUnitFile(bytes);
  } catch (error) {
    if (!(error instanceof UnitFileError)) throw error;
    const message = `${error.message} (${path}, line ${mistakeLine(bytes, error.message)})`;
    throw new UnitFileError(message, { cause: error });
  }
}

/** The name of the template of an instance; undefined for any other unit. */
export function templateOf(name: string): string | undefined {
  const parts = unitNameParts(name);
  return parts?.kind === "instance" ? parts.template : undefined;
}

/** Where the file of an instance's template would be: beside the instance's own. */
export function templatePathOf(word: UnitWord, template: string): string {
  return join(dirname(word.path), template);
}
