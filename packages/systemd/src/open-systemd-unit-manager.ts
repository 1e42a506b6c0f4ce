import { readFile } from "node:fs/promises";

import type { Clock, Logger } from "@fleet/core";

import type { BusChoice } from "./dbus/endpoint.ts";
import { asksForLinks } from "./install-units.ts";
import { DBusUnitManager, type SystemdUnitManager } from "./systemd-unit-manager.ts";
import { UnitDirectory } from "./unit-directory.ts";
import type { FileToInstall } from "./unit-manager.ts";

export interface SystemdUnitManagerOptions {
  /** fleet's units directory, e.g. `/run/fleet/units/`; created when it is missing. */
  readonly directory: string;
  /** Whose units these are. Those in a directory that the same owner used before move to this one. */
  readonly owner: string;
  /** Names of other files in the directory that move along with the units. */
  readonly companions: readonly string[];
  /** Absent: the machine's systemd. */
  readonly bus?: BusChoice;
  /** What tells this boot from others. Absent: what the kernel says. */
  readonly bootId?: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const BOOT_ID_FILE = "/proc/sys/kernel/random/boot_id";

/**
 * Connects to systemd and adopts the unit files in the directory: links that a reboot took away
 * from a directory that outlives it are made again.
 * @throws {SystemdError} when systemd cannot be reached or the directory cannot be used.
 */
export async function openSystemdUnitManager(
  options: SystemdUnitManagerOptions,
): Promise<SystemdUnitManager> {
  const { directory, owner, companions, clock, log, bus = "system" } = options;
  const bootId = options.bootId ?? (await readFile(BOOT_ID_FILE, "utf8")).trim();
  const openDirectory = async (path: string): Promise<UnitDirectory> =>
    UnitDirectory.open({ path, bootId, owner, companions, log });
  const unitManager = await DBusUnitManager.open(directory, openDirectory, { bus, clock, log });
  try {
    await adoptFiles(unitManager, log);
    return unitManager;
  } catch (error) {
    await unitManager.close();
    throw error;
  }
}

/** Installs what is there already: where nothing is missing this changes nothing and reloads nothing. */
async function adoptFiles(unitManager: DBusUnitManager, log: Logger): Promise<void> {
  const { directory } = unitManager;
  const { signal } = new AbortController(); // never aborts: every call has its own deadline
  const files: FileToInstall[] = [];
  for (const { unit, hash } of await directory.list()) {
    const text = hash === undefined ? undefined : await directory.read(unit);
    if (hash === undefined || text === undefined) continue;
    files.push({ unit, hash, text, enable: asksForLinks(text) });
  }
  for (const result of await unitManager.install(files, signal)) {
    if (!result.ok) log.warn({ unit: result.unit, err: result.error }, "cannot adopt unit");
  }
}
