import {
  hasInstallSection,
  parseUnitFile,
  serialiseUnitFile,
  UnitFileError,
  unitHash,
  type UnitFile,
} from "@fleet/core";
import type { ScheduleEntry } from "@fleet/registry";
import type { FileToInstall } from "@fleet/systemd";

/**
 * What is written for a work list entry.
 * @throws {UnitFileError} when the text would be read back under another hash: installed, it would
 * look outdated for ever and be replaced again and again.
 */
export function fileToInstall(entry: ScheduleEntry, file: UnitFile): FileToInstall {
  const text = serialiseUnitFile(file);
  const hash = unitHash(parseUnitFile(text));
  if (hash !== entry.hash) {
    throw new UnitFileError(`unit file of ${entry.unit} has hash ${hash}, not ${entry.hash}`);
  }
  return { unit: entry.unit, hash, text, enable: hasInstallSection(file) };
}
