import { SystemdError, type UnitName } from "@fleet/core";

import { callForEach, type Failures } from "./batch-call.ts";
import { asksForLinks, linkFiles, reload, type UnitFilesDeps } from "./install-units.ts";
import { findUnitFiles } from "./search-path.ts";
import type { UnitDirectory } from "./unit-directory.ts";

/**
 * Moves all units of `from` to the directory of `deps`: systemd finds them there, and what runs does
 * not notice. Either all of them move or none. Nothing else may change files or links meanwhile; units may
 * be started and stopped. Once the last file is in place `switched` is called, before anything else runs.
 * @throws {SystemdError} when a file cannot be copied or systemd does not take one.
 */
export async function moveUnits(
  from: UnitDirectory,
  deps: UnitFilesDeps,
  switched: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { directory: to, manager, log } = deps;
  const units = await from.names();
  const searchPath = await manager.searchPath(signal);
  const found = await findUnitFiles(searchPath, from.path, units);
  const isLinked = (unit: UnitName): boolean => (found.get(unit)?.links ?? []).length > 0;
  const linked = units.filter(isLinked);
  log.info({ from: from.path, to: to.path, units: units.length }, "Moving unit files");
  // What systemd is linked to is what counts: a file of that name in the other place is older.
  const moving = units.filter((unit) => isLinked(unit) || !to.has(unit));
  try {
    for (const unit of moving) to.copy(unit, from);
    to.copyCompanions(from);
    for (const [unit, error] of await link(linked, deps, signal)) throw cannotMove(unit, error);
    if (linked.length > 0) await reload(deps, signal);
    to.marks.copy(from.marks);
    to.copyCompanions(from);
  } catch (error) {
    await link(linked, { ...deps, directory: from }, signal).catch(() => {}); // seen by what it leaves
    const stuck = await findUnitFiles(searchPath, to.path, moving);
    for (const unit of moving) if (stuck.get(unit)?.links.length === 0) await to.remove(unit);
    throw error;
  }
  switched();
  from.clear(units);
}

/** Has systemd find the units in the directory of `deps`, also by the links that `[Install]` sections ask for. */
async function link(
  units: readonly UnitName[],
  deps: UnitFilesDeps,
  signal: AbortSignal,
): Promise<Failures> {
  const { directory, manager } = deps;
  const unlinked = await linkFiles(units, deps, signal);
  const texts = await Promise.all(units.map(async (unit) => directory.read(unit)));
  const enabled = units.filter((_, index) => asksForLinks(texts[index] ?? ""));
  const disabled = await callForEach(enabled, async (unit) => {
    await manager.enableUnitFile(directory.pathOf(unit), signal);
  });
  return new Map([...unlinked, ...disabled]);
}

function cannotMove(unit: UnitName, error: SystemdError): SystemdError {
  return new SystemdError(`cannot move unit ${unit}: ${error.message}`, { cause: error });
}
