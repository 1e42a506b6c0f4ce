import type { ApiUnit } from "../client/fleet-api.ts";
import { LookUp } from "../client/look-up.ts";
import { warn, type Context } from "../context.ts";
import { unitNameOf } from "../unit-source/unit-words.ts";
import { NO_UNITS } from "./new-command.ts";

/**
 * The units of the cluster that the words name, in their order and as often; words that name none are
 * passed over. Says on stderr which are not there.
 */
export async function storedUnits(
  words: readonly string[],
  context: Context,
): Promise<readonly ApiUnit[]> {
  if (words.length === 0) {
    warn(context, NO_UNITS);
    return [];
  }
  const names = words.map(unitNameOf);
  const lookUp = new LookUp(context.client(), context.signal);
  const found = await lookUp.units([...new Set(names)]);
  const missing = [...new Set(names)].filter((name) => !found.has(name));
  if (missing.length > 0) warn(context, `Units not found in registry: ${missing.join(", ")}`);
  return names.flatMap((name) => found.get(name) ?? []);
}
