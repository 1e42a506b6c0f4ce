import { readFile } from "node:fs/promises";

import {
  messageOf,
  parseUnitName,
  RequirementsError,
  type UnitFile,
  validateUnitFile,
} from "@fleet/core";

import { CommandError } from "../errors.ts";
import { optionsMeantBy } from "./fleet-section.ts";

/** A unit that is to be created. */
export interface NewUnit {
  readonly name: string;
  readonly file: UnitFile;
  /** Where the file was read; undefined where it came from the cluster. */
  readonly path: string | undefined;
}

/**
 * Refuses what the API would refuse, while nothing has been changed.
 * @throws {CommandError} in fleet's words, with the options that they mean, and where those stand.
 */
export async function refuseInvalid(unit: NewUnit): Promise<void> {
  const { name, file } = unit;
  try {
    parseUnitName(name);
    validateUnitFile(file);
    if (file.length === 0) throw new CommandError("the unit file has no options");
  } catch (error) {
    const place = error instanceof RequirementsError ? await placeOf(error.message, unit) : "";
    const message = `failed creating unit ${name}: ${messageOf(error)}${place}`;
    throw new CommandError(message, { cause: error });
  }
}

/** ` (MachineOf; web.service, line 5, 7)`: what fleet calls otherwise, and where the options stand. */
async function placeOf(message: string, { file, path }: NewUnit): Promise<string> {
  const options = optionsMeantBy(message, file);
  const renamed = options.filter((option) => !message.includes(option)).join(", ");
  const lines = path === undefined ? [] : await linesOf(options, path);
  const place = lines.length === 0 ? "" : `${path}, line ${lines.join(", ")}`;
  const parts = [renamed, place].filter((part) => part !== "");
  return parts.length === 0 ? "" : ` (${parts.join("; ")})`;
}

/** The lines, counted from 1, on which these options of `[X-Fleet]` are given; none where the file is gone. */
async function linesOf(options: readonly string[], path: string): Promise<readonly number[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  let section = "";
  return text.split("\n").flatMap((line, index) => {
    section = /^\s*\[(?<name>[^\]]*)\]/.exec(line)?.groups?.["name"] ?? section;
    const [option = ""] = line.split("=", 1);
    return section === "X-Fleet" && options.includes(option.trim()) ? [index + 1] : [];
  });
}
