import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";

import type { Machine } from "../machine.ts";
import { NODE_INSIDE, PROJECT_INSIDE } from "../project.ts";

const FLEETD = "/usr/local/bin/fleetd";

/**
 * Puts fleetd into a new directory, has the program run from there, and restarts it. From the second time on the
 * directory that the running daemon came from is gone before it ends, as it is when a package is upgraded. A boot undoes
 * all of it.
 */
export async function upgradeFleetd(machine: Machine): Promise<void> {
  const path = machine.path(FLEETD);
  const before = /^home=(.*)$/m.exec(await readFile(path, "utf8"))?.[1];
  const after = `/opt/fleetd-${randomUUID().slice(0, 8)}`;
  await machine.exec("mkdir", after);
  await machine.exec("mount", "--bind", PROJECT_INSIDE, after);
  await writeFile(`${path}.new`, programIn(after), { mode: 0o755 });
  await rename(`${path}.new`, path);
  if (before !== undefined) await machine.run(["umount", "--lazy", before]); // a boot may have done it
  await machine.exec("systemctl", "restart", "fleet.service");
}

function programIn(home: string): string {
  return `#!/bin/sh
home=${home}
[ -d $home/packages ] || home=${PROJECT_INSIDE}
exec ${NODE_INSIDE} $home/packages/fleetd/bin/fleetd.js "$@"
`;
}
