import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";

import type { Machine } from "../machine.ts";
import { NODE_INSIDE, PROJECT_INSIDE } from "../project.ts";

const FLEETD = "/usr/local/bin/fleetd";

/**
 * Puts fleetd into a new directory, has the program run from there, and restarts it. From the second time on the
 * directory that the running daemon came from is gone before it ends, as it is when a package is upgraded.
 */
export async function upgradeFleetd(machine: Machine): Promise<void> {
  const path = machine.path(FLEETD);
  const before = /\S+(?=\/packages\/fleetd\/)/.exec(await readFile(path, "utf8"))?.[0];
  const after = `/opt/fleetd-${randomUUID().slice(0, 8)}`;
  await machine.exec("mkdir", after);
  await machine.exec("mount", "--bind", PROJECT_INSIDE, after);
  const script = `#!/bin/sh\nexec ${NODE_INSIDE} ${after}/packages/fleetd/bin/fleetd.js "$@"\n`;
  await writeFile(`${path}.new`, script, { mode: 0o755 });
  await rename(`${path}.new`, path);
  if (before !== undefined && before !== PROJECT_INSIDE) {
    await machine.exec("umount", "--lazy", before);
  }
  await machine.exec("systemctl", "restart", "fleet.service");
}
