import { isDeepStrictEqual } from "node:util";

import { ConfigError, SystemdError } from "@fleet/core";
import type { LoadedConfig } from "./config/config.ts";
import { RELOADED_SETTINGS, SETTINGS, type Config, type SettingName } from "./config/settings.ts";
import type { FleetdLogger } from "./logger.ts";

export interface ReloadDeps {
  /** Where the settings are read from, for the log. */
  readonly from: string;
  /** The settings at work. */
  readonly current: () => Config;
  /** Reads and checks all sources again. @throws {ConfigError} */
  readonly load: () => LoadedConfig;
  /** Moves the unit files to another directory, or changes nothing. @throws {SystemdError} */
  readonly move: (directory: string) => Promise<void>;
  /** Puts the new settings to work. */
  readonly apply: (config: Config) => void;
  readonly log: FleetdLogger;
}

/**
 * SIGHUP: the settings that may change while the daemon runs are applied together, or, when any
 * setting is wrong or the units cannot move, none of them, and every mistake is logged. What needs a
 * restart is named.
 */
export async function reloadConfig(deps: ReloadDeps): Promise<void> {
  const { from, current, load, move, apply, log } = deps;
  log.info({}, `Reloading configuration from ${from}`);
  try {
    const { config, warnings } = load();
    for (const { place, why } of warnings) log.warn({ place }, why);
    const directory = config.units_directory;
    if (directory !== current().units_directory) await move(directory);
    for (const setting of changedForLater(current(), config)) {
      log.warn({ setting }, `${setting} changed: counts from the next start on`);
    }
    apply(reloaded(current(), config));
  } catch (error) {
    for (const problem of problemsOf(error)) {
      log.error({ problem }, "Keeping the old configuration: the new one has a mistake");
    }
  }
}

function problemsOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.problems;
  if (error instanceof SystemdError) return [`units_directory: ${error.message}`];
  throw error;
}

function changedForLater(before: Config, after: Config): readonly SettingName[] {
  const atOnce: readonly SettingName[] = RELOADED_SETTINGS;
  const names = Object.keys(SETTINGS) as SettingName[];
  return names.filter(
    (name) => !atOnce.includes(name) && !isDeepStrictEqual(before[name], after[name]),
  );
}

function reloaded(before: Config, after: Config): Config {
  const atOnce = RELOADED_SETTINGS.map((name) => [name, after[name]] as const);
  return { ...before, ...Object.fromEntries(atOnce) };
}
