import type { SystemdUnitManager, SystemdUnitManagerOptions } from "@fleet/systemd/dbus";
import type { Config } from "./config/settings.ts";
import { type EtcdMarkFile, MARK_FILE } from "./etcd-mark-file.ts";
import { INSTANCE_FILE } from "./instance.ts";
import { LEASE_FILE, type LeaseFile } from "./lease-file.ts";

/** What says where units lie and whose they are. */
type UnitsSettings = Pick<
  Config,
  "units_directory" | "systemd_user" | "etcd_key_prefix" | "etcd_servers"
>;

/** What keeps files in the units directory. */
export interface DirectoryUsers {
  readonly units: Pick<SystemdUnitManager, "moveTo">;
  readonly etcdMark: Pick<EtcdMarkFile, "moved">;
  readonly leaseFile: Pick<LeaseFile, "moved">;
}

/** Which systemd runs the units, where their files lie, and what lies there besides. */
export function unitsOptions(
  config: UnitsSettings,
): Omit<SystemdUnitManagerOptions, "clock" | "log"> {
  return {
    directory: config.units_directory,
    owner: ownerOf(config),
    companions: [INSTANCE_FILE, MARK_FILE, LEASE_FILE],
    bus: config.systemd_user ? "user" : "system",
  };
}

/**
 * The cluster that the units are from: only of the same one are they taken over from another
 * directory, for units that etcd does not list are stopped.
 */
function ownerOf({ etcd_key_prefix: prefix, etcd_servers: servers }: UnitsSettings): string {
  return `${prefix} ${servers.toSorted().join(",")}\n`;
}

/** Moves the unit files and all beside them to another directory; what runs does not notice. @throws {SystemdError} */
export async function moveUnitsDirectory(
  directory: string,
  { units, etcdMark, leaseFile }: DirectoryUsers,
): Promise<void> {
  const { signal } = new AbortController(); // half a move is worse than a late one, and every call has a deadline
  await units.moveTo(directory, signal);
  etcdMark.moved(directory);
  leaseFile.moved(directory);
}
