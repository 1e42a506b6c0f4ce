import { normaliseUnitFile, type UnitFile, unitHash } from "@fleet/core";

import type { UnitWord } from "./unit-words.ts";
import { readLocalFile, templateOf, templatePathOf } from "./local-file.ts";

/** What this machine has of a unit that the cluster knows. */
export type LocalVersion =
  | { readonly kind: "file"; readonly file: UnitFile }
  /** The unit is an instance, and the file is its template's. */
  | { readonly kind: "template"; readonly file: UnitFile }
  | { readonly kind: "none" };

/** The unit's own file, else that of its template; a file that cannot be read counts as none. */
export async function localVersionOf(word: UnitWord): Promise<LocalVersion> {
  const file = await readable(word.path);
  if (file !== undefined) return { kind: "file", file };
  const template = templateOf(word.name);
  if (template === undefined) return { kind: "none" };
  const templateFile = await readable(templatePathOf(word, template));
  return templateFile === undefined ? { kind: "none" } : { kind: "template", file: templateFile };
}

/** Whether two files say the same once they are stored. */
export function isSameFile(stored: UnitFile, local: UnitFile): boolean {
  return unitHash(stored) === unitHash(normaliseUnitFile(local));
}

/** fleet's warning for a file that is not what the cluster has. */
export function differenceWarning(name: string, path: string, kind: "file" | "template"): string {
  const what = kind === "template" ? "local template unit file" : "local unit file";
  return `WARNING: Unit ${name} in registry differs from ${what} ${path}. Add --replace to override.`;
}

async function readable(path: string): Promise<UnitFile | undefined> {
  try {
    return await readLocalFile(path);
  } catch {
    return undefined; // there is nothing to compare with; creating from it would say why
  }
}
