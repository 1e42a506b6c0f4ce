import { createDropRunner, type DropRunner, type DropRunnerDeps } from "@fleet/agent";
import type { Config } from "../config/settings.ts";
import { watchedDirectory } from "./watched-directory.ts";

/** What the settings say of the drop directory. */
export type DropSettings = Pick<Config, "unit_drop_directory" | "unit_drop_prune">;

/** Makes a runner for these settings; undefined where there is no directory. */
export type MakeRunner = (settings: DropSettings) => DropRunner | undefined;

/** Makes runners that watch real directories. */
export function dropRunners(deps: Omit<DropRunnerDeps, "directory" | "prune">): MakeRunner {
  const { clock, log, onCounts } = deps;
  let hasCounted = false;
  return ({ unit_drop_directory: path, unit_drop_prune: prune }) => {
    if (path === "") {
      if (hasCounted) onCounts?.({ submitted: 0, invalid: 0, refused: 0 });
      return undefined;
    }
    hasCounted = true;
    return createDropRunner({ ...deps, directory: watchedDirectory({ path, clock, log }), prune });
  };
}
