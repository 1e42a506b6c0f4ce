import { createDropRunner, type DropRunner, type DropRunnerDeps } from "@fleet/agent";
import type { Config } from "../config/settings.ts";
import { watchedDirectory } from "./watched-directory.ts";

/** What runs the drop directory of the settings; undefined when there is none. */
export function dropRunner(
  config: Pick<Config, "unit_drop_directory" | "unit_drop_prune">,
  deps: Omit<DropRunnerDeps, "directory" | "prune">,
): DropRunner | undefined {
  const { unit_drop_directory: path, unit_drop_prune: prune } = config;
  if (path === "") return undefined;
  const { clock, log } = deps;
  return createDropRunner({ ...deps, directory: watchedDirectory({ path, clock, log }), prune });
}
