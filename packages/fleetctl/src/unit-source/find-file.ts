import { messageOf, type UnitFile } from "@fleet/core";

import type { ApiUnit, FleetApi } from "../client/fleet-api.ts";
import { CommandError } from "../errors.ts";
import { differenceWarning, isSameFile } from "./compare.ts";
import { readLocalFile, templateOf, templatePathOf } from "./local-file.ts";
import type { UnitWord } from "./unit-words.ts";

export interface FoundFile {
  readonly file: UnitFile;
  /** Where it was read; undefined where it came from the cluster. */
  readonly path?: string;
  /** For stderr. */
  readonly warnings: readonly string[];
}

/**
 * The file to create a unit from: its own on this machine, else its template in the cluster, else its
 * template's on this machine.
 * @throws {CommandError} with fleet's text when there is none.
 */
export async function findFile(
  word: UnitWord,
  api: FleetApi,
  signal: AbortSignal,
): Promise<FoundFile> {
  const local = await tell(`failed getting Unit(${word.path}) from file`, () =>
    readLocalFile(word.path),
  );
  if (local !== undefined) return { file: local, path: word.path, warnings: [] };
  const template = templateOf(word.name);
  if (template === undefined) {
    throw new CommandError(notFound(`Unit(${word.name})`) + takenForService(word.name));
  }
  return tell(`failed getting Unit(${word.path}) from template`, async () => {
    const stored = await tell(`error retrieving template Unit(${template}) from Registry`, () =>
      api.unit(template, signal),
    );
    const path = templatePathOf(word, template);
    if (stored !== undefined) return storedTemplate(stored, word, path);
    const file = await tell(`unable to load template Unit(${template}) from file`, () =>
      readLocalFile(path),
    );
    if (file === undefined) throw new Error(notFound(`template Unit(${template})`));
    return { file, path, warnings: [] };
  });
}

/** The cluster's template counts, also when this machine has a newer one: then that is said. */
async function storedTemplate(stored: ApiUnit, word: UnitWord, path: string): Promise<FoundFile> {
  const local = await readLocalFile(path).catch(() => undefined);
  const differs = local !== undefined && !isSameFile(stored.file, local);
  const warnings = differs ? [differenceWarning(stored.name, word.path, "template")] : [];
  return { file: stored.file, warnings };
}

function notFound(what: string): string {
  return `unable to find ${what} in Registry or on filesystem`;
}

/** fleet has no way to name units of some types that it takes: why another name stands in the message. */
function takenForService(name: string): string {
  const [, word] = /^(.*\.(?:target|swap|slice|scope|snapshot|busname))\.service$/.exec(name) ?? [];
  if (word === undefined) return "";
  return ` ("${word}" is taken for a service here: such units come through the API or a drop directory)`;
}

/** Puts what was attempted before the reason of a failure. */
async function tell<T>(attempt: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new CommandError(`${attempt}: ${messageOf(error)}`, { cause: error });
  }
}
