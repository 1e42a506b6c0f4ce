import { SystemdError } from "@fleet/core";

import { lockDirectory } from "./directory-lock.ts";
import { ownerOf } from "./directory-owner.ts";
import type { UnitFilesDeps } from "./install-units.ts";
import { moveUnits } from "./move-units.ts";
import { linkedDirectories } from "./search-path.ts";
import type { UnitDirectory } from "./unit-directory.ts";

/** Takes over units of the same owner that systemd is linked to in a directory used before. */
export async function adoptFormerDirectories(
  deps: UnitFilesDeps,
  open: (path: string) => Promise<UnitDirectory>,
  signal: AbortSignal,
): Promise<void> {
  const { directory, manager, log } = deps;
  const owner = ownerOf(directory.path);
  for (const path of linkedDirectories(await manager.searchPath(signal), directory.path)) {
    if (ownerOf(path) !== owner) continue;
    const lock = await lockDirectory(path);
    if (lock === undefined) {
      log.warn({ path }, "Leaving the units of another fleetd that runs");
      continue;
    }
    try {
      await moveUnits(await open(path), deps, () => {}, signal);
    } catch (error) {
      if (!(error instanceof SystemdError)) throw error;
      log.warn({ path, err: error }, "The units in the former units directory run on, unattended");
    } finally {
      await lock.release();
    }
  }
}
