import { rm } from "node:fs/promises";

import { SystemdError, type UnitName } from "@fleet/core";

import { callForAll, callForEach, type Failures, forEachFile } from "./batch-call.ts";
import { isNoSuchUnit } from "./dbus/dbus-error.ts";
import type { Manager } from "./dbus/manager.ts";
import { reload, type UnitFilesDeps } from "./install-units.ts";
import { mapLimited } from "./map-limited.ts";
import { findUnitFiles } from "./search-path.ts";

const AT_ONCE = 64;

/**
 * Takes units away: their links, files, marks, failures, and what systemd has in memory of them.
 * Does all it can before it fails. Units that are not fleet's are left alone.
 */
export async function removeUnits(
  units: readonly UnitName[],
  deps: UnitFilesDeps,
  signal: AbortSignal,
): Promise<void> {
  const { directory, log, manager } = deps;
  const withFile = new Set(units.filter((unit) => directory.has(unit)));
  const found = await findUnitFiles(await manager.searchPath(signal), directory.path, units);
  const linksOf = (unit: UnitName): readonly string[] => found.get(unit)?.links ?? [];
  const own = units.filter((unit) => withFile.has(unit) || linksOf(unit).length > 0);

  for (const unit of own) log.info({ unit }, `Removing systemd unit ${unit}`);
  const disabled = await callForAll(
    own.filter((unit) => withFile.has(unit)),
    async (batch) => manager.disableUnitFiles(batch, signal),
  );
  // What `DisableUnitFiles` leaves behind, such as the link to a file that somebody has deleted.
  const leftovers = own.flatMap((unit) => linksOf(unit));
  await mapLimited(leftovers, AT_ONCE, async (link) => rm(link, { force: true }));
  const deleted = await forEachFile(units, async (unit) => directory.remove(unit));
  // Most are forgotten as soon as they are down; a failed unit is kept until its failure is reset.
  const kept = await remembered(own, manager, signal);
  const reset = await callForEach(kept, async (unit) => manager.resetFailedUnit(unit, signal));
  if ((await remembered(kept, manager, signal)).length > 0) await reload(deps, signal);
  throwFirst([disabled, deleted, reset]);
}

/** Those of the units that systemd has in memory: they run, failed, or other units refer to them. */
async function remembered(
  units: readonly UnitName[],
  manager: Manager,
  signal: AbortSignal,
): Promise<readonly UnitName[]> {
  const loaded = await mapLimited(units, AT_ONCE, async (unit) => manager.loadedUnit(unit, signal));
  return units.filter((_, index) => {
    const unit = loaded[index];
    return unit !== undefined && unit.loadState !== "not-found";
  });
}

function throwFirst(all: readonly Failures[]): void {
  for (const [unit, error] of all.flatMap((failures) => [...failures])) {
    if (isNoSuchUnit(error)) continue; // systemd has forgotten it already
    throw new SystemdError(`cannot remove ${unit} altogether: ${error.message}`, { cause: error });
  }
}
