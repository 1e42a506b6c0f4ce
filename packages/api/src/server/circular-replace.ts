import {
  globMatches,
  requirementsOf,
  RequirementsError,
  type UnitFile,
  type UnitName,
  unitNameParts,
} from "@fleet/core";
import type { Page, PageStart, UnitRegistry, UnitView } from "@fleet/registry";

import { attempt } from "./errors.ts";

const GLOB_CHARACTERS = /[*?[\\]/;
const PAGE_UNITS = 100;

/**
 * Refuses a file that would replace a stored unit which replaces it in turn: never could both of them be placed.
 * fleet 1.0.0 documents that this is not allowed, and lets it happen. Templates are placed nowhere and do not count.
 * Reads all units only when a pattern has wildcards.
 * @throws {RequirementsError} naming the other unit.
 */
export async function refuseCircularReplace(
  registry: Pick<UnitRegistry, "unit" | "unitPage">,
  unit: { readonly name: UnitName; readonly file: UnitFile },
  signal: AbortSignal,
): Promise<void> {
  const { name, file } = unit;
  if (isTemplate(name)) return;
  const patterns = requirementsOf(name, file).replaces;
  for await (const other of unitsNamedBy(registry, patterns, signal)) {
    if (other.name === name || isTemplate(other.name)) continue;
    const isReplacing = patterns.some((pattern) => globMatches(pattern, other.name));
    const inTurn = requirementsOf(other.name, other.file).replaces;
    if (!isReplacing || !inTurn.some((pattern) => globMatches(pattern, name))) continue;
    throw new RequirementsError(
      `unresolvable requirements: Unit(${name}) and Unit(${other.name}) replace each other`,
    );
  }
}

/** All stored units that may match one of the patterns. */
async function* unitsNamedBy(
  registry: Pick<UnitRegistry, "unit" | "unitPage">,
  patterns: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<UnitView> {
  if (patterns.some((pattern) => GLOB_CHARACTERS.test(pattern))) {
    yield* allUnits(registry, signal);
    return;
  }
  for (const name of patterns) {
    const unit = await attempt(`Failed fetching Unit(${name}) from Registry`, () =>
      registry.unit(name as UnitName, signal),
    );
    if (unit !== undefined) yield unit;
  }
}

async function* allUnits(
  registry: Pick<UnitRegistry, "unitPage">,
  signal: AbortSignal,
): AsyncGenerator<UnitView> {
  let start: PageStart | undefined = { kind: "first" };
  while (start !== undefined) {
    const request = { start, limit: PAGE_UNITS };
    const page: Page<UnitView> = await attempt("Failed fetching page of Units", () =>
      registry.unitPage(request, signal),
    );
    yield* page.items;
    start = page.nextAfter === undefined ? undefined : { kind: "after", key: page.nextAfter };
  }
}

function isTemplate(name: UnitName): boolean {
  return unitNameParts(name)?.kind === "template";
}
