import { messageOf } from "@fleet/core";
import type { Option } from "commander";

import { UsageError } from "../errors.ts";
import { SYNONYMS, nameOf, valueOf } from "./flag.ts";

/** The variable that stands for a global flag, e.g. `FLEETCTL_KEY_FILE`. */
export function variableOf(option: Option): string {
  return `FLEETCTL_${nameOf(option).toUpperCase().replaceAll("-", "_")}`;
}

/**
 * The values that the environment gives to global flags; an empty variable counts as unset. Of two
 * names of one flag the later in the alphabet wins, as in fleet.
 * @throws {UsageError} for a value that cannot be read (fleet 1.0.0 silently took zero for it).
 */
export function readEnvironment(
  env: NodeJS.ProcessEnv,
  options: readonly Option[],
): ReadonlyMap<Option, unknown> {
  const byName = new Map(options.map((option) => [nameOf(option), option]));
  const values = new Map<Option, unknown>();
  for (const name of [...byName.keys()].toSorted()) {
    const option = byName.get(name);
    const target = byName.get(SYNONYMS.get(name) ?? name);
    const text = option && env[variableOf(option)];
    if (!option || !target || !text) continue;
    try {
      values.set(target, valueOf(target, text));
    } catch (error) {
      const problem = `invalid argument ${JSON.stringify(text)} for ${variableOf(option)}`;
      throw new UsageError(`${problem}: ${messageOf(error)}`, { cause: error });
    }
  }
  return values;
}
