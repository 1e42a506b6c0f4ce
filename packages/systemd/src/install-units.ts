import { type FleetError, type Logger, SystemdError, type UnitName } from "@fleet/core";

import { aliasesIn } from "./aliases.ts";
import { callForAll, callForEach, type Failures, forEachFile } from "./batch-call.ts";
import type { LoadedUnit, Manager } from "./dbus/manager.ts";
import { foreignUnitError } from "./foreign-unit.ts";
import { mapLimited } from "./map-limited.ts";
import { findUnitFiles, foreignFragment } from "./search-path.ts";
import type { FileToInstall, InstallResult } from "./unit-manager.ts";
import type { UnitDirectory } from "./unit-directory.ts";

export interface UnitFilesDeps {
  readonly directory: UnitDirectory;
  readonly manager: Manager;
  readonly log: Logger;
}

/** A file to install, and what there is of its unit before. */
interface Candidate {
  readonly file: FileToInstall;
  readonly unit: UnitName;
  /** undefined when there is no file yet. */
  readonly previousText: string | undefined;
  readonly loaded: LoadedUnit | undefined;
  readonly isLinked: boolean;
  /** What of the machine's own has that name, or one that the file asks for besides. */
  readonly foreign: ForeignFile | undefined;
}

interface ForeignFile {
  readonly name: UnitName;
  readonly path: string;
}

const AT_ONCE = 64;

/**
 * Writes unit files and makes systemd find them, in as few steps as a batch allows. systemd reads a
 * name it does not have in memory when it is first asked for it, and looks again for one it did not
 * find as soon as a directory of the search path has changed. So only two things need a reload: a
 * changed file of a unit in memory, and links that hang a unit below another (`[Install]`).
 *
 * Links are made by systemd's own `LinkUnitFiles`, which reloads nothing and costs under a
 * millisecond a batch, so there is nothing to win by writing them ourselves.
 */
export async function installUnits(
  files: readonly FileToInstall[],
  deps: UnitFilesDeps,
  signal: AbortSignal,
): Promise<readonly InstallResult[]> {
  const errors = new Map<UnitName, FleetError>();
  const note = (failures: Failures): void =>
    failures.forEach((error, unit) => errors.set(unit, error));
  const candidates = await inspect(files, deps, signal);
  for (const { unit, foreign } of candidates) {
    if (foreign !== undefined) errors.set(unit, foreignUnitError(foreign.name, foreign.path));
  }
  const able = (): readonly Candidate[] => candidates.filter(({ unit }) => !errors.has(unit));

  const unlinked = able().filter((candidate) => hasStaleLinks(candidate));
  note(
    await callForAll(unitsOf(unlinked), async (units) =>
      deps.manager.disableUnitFiles(units, signal),
    ),
  );
  note(await writeFiles(able(), deps));
  const toLink = able().filter(
    (candidate) => !candidate.file.enable && (!candidate.isLinked || unlinked.includes(candidate)),
  );
  const unlinkable = await linkFiles(unitsOf(toLink), deps, signal);
  note(unlinkable);
  await forgetNew(toLink, unlinkable, deps.directory);
  const enabling = await enableFiles(able(), deps, signal);
  note(enabling.failures);
  if (enabling.changed || (await isOutOfDate(able(), deps.manager, signal))) {
    await reload(deps, signal);
  }
  return files.map(({ unit }) => {
    const error = errors.get(unit);
    return error === undefined ? { unit, ok: true } : { unit, ok: false, error };
  });
}

/** Whether a file's text asks for links below other units. */
export function asksForLinks(text: string): boolean {
  return /^\[Install\]/m.test(text);
}

/** Has systemd read every unit file again. */
export async function reload({ log, manager }: UnitFilesDeps, signal: AbortSignal): Promise<void> {
  log.info({}, "Instructing systemd to reload units");
  await manager.reload(signal);
}

/** Makes the links that let systemd find files that lie in fleet's directory. */
export async function linkFiles(
  units: readonly UnitName[],
  deps: UnitFilesDeps,
  signal: AbortSignal,
): Promise<Failures> {
  return callForAll(units, async (batch) => {
    const paths = batch.map((unit) => deps.directory.pathOf(unit));
    await deps.manager.linkUnitFiles(paths, signal);
  });
}

async function inspect(
  files: readonly FileToInstall[],
  deps: UnitFilesDeps,
  signal: AbortSignal,
): Promise<readonly Candidate[]> {
  const { directory, manager } = deps;
  const units = files.map(({ unit }) => unit);
  // systemd replaces a link of such a name, whoever made it.
  const aliases = new Map(
    files.map(({ unit, text, enable }) => [unit, enable ? aliasesIn(text) : []]),
  );
  const names = [...new Set([...units, ...[...aliases.values()].flat()])];
  const [found, loadedList] = await Promise.all([
    manager.searchPath(signal).then((path) => findUnitFiles(path, directory.path, names)),
    mapLimited(units, AT_ONCE, async (unit) => ({
      unit,
      loaded: await manager.loadedUnit(unit, signal),
    })),
  ]);
  const loadedByUnit = new Map(loadedList.map(({ unit, loaded }) => [unit, loaded]));
  return mapLimited(files, AT_ONCE, async (file) => {
    const { unit } = file;
    const previousText = await directory.read(unit);
    const loaded = loadedByUnit.get(unit);
    const { links = [] } = found.get(unit) ?? {};
    const fragment = await foreignFragment(loaded?.fragmentPath ?? "", directory.path, unit);
    const [foreign] = [unit, ...(aliases.get(unit) ?? [])].flatMap((name) => {
      const path = found.get(name)?.foreign ?? (name === unit ? fragment : undefined);
      return path === undefined ? [] : [{ name, path }];
    });
    return {
      file,
      unit,
      previousText,
      loaded,
      isLinked: links.length > 0,
      foreign,
    };
  });
}

/** Links that the old text asked for and the new one may not. They can only be removed by the old text. */
function hasStaleLinks({ previousText, file, isLinked }: Candidate): boolean {
  if (previousText === undefined || previousText === file.text) return false;
  return isLinked && asksForLinks(previousText);
}

async function writeFiles(
  candidates: readonly Candidate[],
  { directory, log }: UnitFilesDeps,
): Promise<Failures> {
  const changed = candidates.filter((candidate) => isChanged(candidate));
  const texts = new Map(changed.map(({ unit, file }) => [unit, file.text]));
  return forEachFile(unitsOf(changed), async (unit) => {
    const text = texts.get(unit) ?? "";
    log.info({ unit }, `Writing systemd unit ${unit} (${Buffer.byteLength(text)}b)`);
    await directory.write(unit, text);
  });
}

/** A new file that systemd does not take, such as that of a type it does not know, is not left lying there. */
async function forgetNew(
  candidates: readonly Candidate[],
  failures: Failures,
  directory: UnitDirectory,
): Promise<void> {
  for (const { unit, previousText } of candidates) {
    if (failures.has(unit) && previousText === undefined) await directory.remove(unit);
  }
}

/** A unit that cannot be enabled is not installed either, as in fleet 1.0.0. */
async function enableFiles(
  candidates: readonly Candidate[],
  deps: UnitFilesDeps,
  signal: AbortSignal,
): Promise<{ readonly failures: Failures; readonly changed: boolean }> {
  const { directory, log, manager } = deps;
  const units = unitsOf(candidates.filter(({ file }) => file.enable));
  const idle: UnitName[] = [];
  let changed = false;
  const refused = await callForEach(units, async (unit) => {
    log.info({ unit }, `Enabling systemd unit ${unit}`);
    const outcome = await manager.enableUnitFile(directory.pathOf(unit), signal);
    if (!outcome.installable) idle.push(unit);
    changed ||= outcome.changed;
  });
  const reasons = new Map([...refused].map(([unit, error]) => [unit, error.message]));
  for (const unit of idle) reasons.set(unit, "its [Install] section asks for nothing");
  const failed = [...reasons.keys()];
  await callForAll(failed, async (batch) => manager.disableUnitFiles(batch, signal));
  for (const unit of failed) await directory.remove(unit);
  const failures = new Map(
    [...reasons].map(([unit, reason]) => [
      unit,
      new SystemdError(`Failed to enable systemd unit ${unit}: ${reason}`),
    ]),
  );
  return { failures, changed };
}

/** Whether systemd has an older text of one of these units in memory than there is on disk now. */
async function isOutOfDate(
  candidates: readonly Candidate[],
  manager: Manager,
  signal: AbortSignal,
): Promise<boolean> {
  const suspects = candidates.filter(
    ({ loaded, previousText }) => loaded !== undefined || previousText !== undefined,
  );
  const verdicts = await mapLimited(suspects, AT_ONCE, async (candidate) => {
    const loaded = await manager.loadedUnit(candidate.unit, signal);
    if (loaded === undefined || loaded.loadState === "not-found") return false;
    // Reading the state may have loaded a new file just now; then nothing is out of date.
    const wasLoaded = candidate.loaded !== undefined && candidate.loaded.loadState !== "not-found";
    return loaded.needsReload || (wasLoaded && isChanged(candidate));
  });
  return verdicts.includes(true);
}

function isChanged({ previousText, file }: Candidate): boolean {
  return previousText !== file.text;
}

function unitsOf(candidates: readonly Candidate[]): readonly UnitName[] {
  return candidates.map(({ unit }) => unit);
}
