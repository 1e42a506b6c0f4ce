import { ConfigError } from "@fleet/core";
import type { LoadedConfig } from "./config/config.ts";
import type { Config } from "./config/settings.ts";
import type { FleetdLogger } from "./logger.ts";

export interface ReloadDeps {
  /** Where the settings are read from, for the log. */
  readonly origin: string;
  /** Reads and checks all sources again. @throws {ConfigError} */
  readonly load: () => LoadedConfig;
  /** Puts the new settings to work. */
  readonly apply: (config: Config) => void;
  readonly log: FleetdLogger;
}

/** SIGHUP: new settings are applied whole, or, when one is wrong, not at all and every mistake is logged. */
export function reloadConfig({ origin, load, apply, log }: ReloadDeps): void {
  log.info({}, `Reloading configuration from ${origin}`);
  try {
    const { config, warnings } = load();
    for (const warning of warnings) log.warn({}, warning);
    apply(config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) {
      log.error({ problem }, "Keeping the old configuration: the new one has a mistake");
    }
  }
}
