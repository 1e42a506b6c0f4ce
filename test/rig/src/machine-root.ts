import { existsSync, readdirSync } from "node:fs";
import { appendFile, chmod, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { runOk } from "./command.ts";
import type { Ledger } from "./ledger.ts";
import { createSshKey } from "./ssh-key.ts";

/** A file's text, with its mode where 0644 will not do. */
export type FileContent = string | { readonly text: string; readonly mode: number };

/** What makes one machine's root differ from the host's. */
export interface RootOptions {
  readonly id: string;
  readonly hostname: string;
  /** With the number of its network bits, e.g. `172.30.1.11/24`. */
  readonly address: string;
  /** Who may log in as `core`. */
  readonly authorizedKey: string;
  /** Paths inside the machine. */
  readonly files: Readonly<Record<string, FileContent>>;
  /** Units that multi-user.target starts. */
  readonly enable: readonly string[];
}

export interface MachineRoot {
  /** The machine's `/` on the host. */
  readonly path: string;
  /** One line, without the host's name, as in `known_hosts`. */
  readonly hostKey: string;
}

const SIZE_LIMIT = "512m";
const INODES_LIMIT = "200k";
const UNIT_DIRECTORY = "/etc/systemd/system";

/** Started by the host's packages or meant for real hardware; a machine has no use for them. */
const MASKED: readonly string[] = [
  "systemd-resolved.service",
  "systemd-logind.service",
  "dbus-org.freedesktop.login1.service",
  "systemd-user-sessions.service",
  "systemd-update-utmp.service",
  "systemd-update-utmp-runlevel.service",
  "systemd-timesyncd.service",
  "getty.target",
  "console-getty.service",
  "e2scrub_all.timer",
  "e2scrub_reap.service",
  "apt-daily.timer",
  "apt-daily-upgrade.timer",
  "fstrim.timer",
  "dpkg-db-backup.timer",
  "man-db.timer",
  "cron.service",
];

/** The end of a boot, as far as the rig is concerned: whatever else a machine runs may come later. */
const BOOTED_TARGET = `[Unit]
Description=All that the rig itself needs
Requires=basic.target dbus.service ssh.service systemd-networkd.service systemd-networkd-wait-online.service
After=basic.target dbus.service ssh.service systemd-networkd.service systemd-networkd-wait-online.service
`;

/**
 * Units of the host's packages whose names the sample units use. A machine has the programs without
 * them: fleet never installs a unit whose name belongs to the machine.
 */
const ABSENT: readonly string[] = ["apache2.service", "haproxy.service", "nginx.service"];

const SSHD_CONFIG = `HostKey /etc/ssh/rig/id_ed25519
AuthorizedKeysFile /etc/ssh/authorized_keys.%u
PasswordAuthentication no
UsePAM no
UseDNS no
MaxStartups 100
Subsystem sftp internal-sftp
`;

// Kept on the root, so that it can be read when the machine is dead and goes on after a reboot.
const JOURNALD_CONFIG = `[Journal]
Storage=persistent
SystemMaxUse=64M
RateLimitIntervalSec=0
`;

/**
 * Lays a private, writable copy of the host's `/` into `directory`: an overlay whose changes stay in memory,
 * 512 MB at most. Its machine ID, name, address, host key and units are its own.
 */
export async function createMachineRoot(
  directory: string,
  options: RootOptions,
  ledger: Ledger,
): Promise<MachineRoot> {
  const path = await mountOverlay(directory, ledger);
  await emptyUnitDirectory(path);
  await writeFiles(path, baseFiles(options));
  await writeFiles(path, options.files);
  await enable(path, ["rig-booted.target", ...options.enable]);
  await addUserCore(path);
  await mkdir(join(path, "var/log/journal"), { recursive: true });
  await rm(join(path, "etc/ssh/rig"), { recursive: true, force: true });
  const { publicKey } = await createSshKey(join(path, "etc/ssh/rig"));
  return { path, hostKey: publicKey.split(" ").slice(0, 2).join(" ") };
}

/** Mounts an empty file system in memory on `directory`, which it makes; `sizeLimit` as mount(8) spells it. */
export async function mountTmpfs(
  directory: string,
  sizeLimit: string,
  ledger: Ledger,
): Promise<void> {
  const limits = `size=${sizeLimit},nr_inodes=${INODES_LIMIT},mode=755`;
  await mkdir(directory, { recursive: true });
  ledger.record({ kind: "mount", path: directory });
  await runOk(["mount", "-t", "tmpfs", "-o", limits, "fleet-rig", directory]);
}

async function mountOverlay(directory: string, ledger: Ledger): Promise<string> {
  await mountTmpfs(directory, SIZE_LIMIT, ledger);
  const [upper, work] = ["upper", "work"].map((name) => join(directory, name));
  const layers = `lowerdir=/,upperdir=${upper},workdir=${work}`;
  const path = join(directory, "root");
  for (const layer of ["upper", "work", "root"]) await mkdir(join(directory, layer));
  ledger.record({ kind: "mount", path });
  await runOk(["mount", "-t", "overlay", "-o", layers, "fleet-rig", path]);
  return path;
}

/** Out with everything that the host's packages enabled. */
async function emptyUnitDirectory(root: string): Promise<void> {
  const directory = join(root, UNIT_DIRECTORY);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  for (const unit of ABSENT) await rm(join(root, "usr/lib/systemd/system", unit), { force: true });
  for (const unit of MASKED) await symlink("/dev/null", join(directory, unit));
  await symlink("/lib/systemd/system/multi-user.target", join(directory, "default.target"));
  await rm(join(root, "etc/systemd/network"), { recursive: true, force: true });
  // Generators add units from init scripts, fstab, partitions and database clusters of the host.
  const masks = join(root, "etc/systemd/system-generators");
  await mkdir(masks, { recursive: true });
  for (const generator of generatorsOf(root)) {
    await rm(join(masks, generator), { force: true });
    await symlink("/dev/null", join(masks, generator));
  }
}

function generatorsOf(root: string): readonly string[] {
  const homes = ["usr/lib", "usr/local/lib", "etc"].map((home) =>
    join(root, home, "systemd/system-generators"),
  );
  return [
    ...new Set(homes.filter((home) => existsSync(home)).flatMap((home) => readdirSync(home))),
  ];
}

function baseFiles(options: RootOptions): Readonly<Record<string, FileContent>> {
  const { id, hostname, address, authorizedKey } = options;
  const [ip = ""] = address.split("/");
  return {
    "/etc/machine-id": `${id}\n`,
    "/etc/hostname": `${hostname}\n`,
    "/etc/hosts": `127.0.0.1 localhost\n${ip} ${hostname}\n`,
    "/etc/fstab": "",
    "/etc/resolv.conf": "",
    "/etc/systemd/network/10-host0.network": networkFile(address),
    "/etc/systemd/journald.conf.d/90-rig.conf": JOURNALD_CONFIG,
    [`${UNIT_DIRECTORY}/rig-booted.target`]: BOOTED_TARGET,
    "/etc/sudoers.d/core": { text: "core ALL=(ALL) NOPASSWD: ALL\n", mode: 0o440 },
    "/etc/ssh/sshd_config": SSHD_CONFIG,
    "/etc/ssh/authorized_keys.core": `${authorizedKey}\n`,
    "/etc/ssh/authorized_keys.root": `${authorizedKey}\n`,
  };
}

function networkFile(address: string): string {
  return `[Match]
Name=host0

[Network]
Address=${address}
LinkLocalAddressing=no
IPv6AcceptRA=no
`;
}

async function writeFiles(
  root: string,
  files: Readonly<Record<string, FileContent>>,
): Promise<void> {
  for (const [inside, content] of Object.entries(files)) {
    const path = join(root, inside);
    const { text, mode } = typeof content === "string" ? { text: content, mode: 0o644 } : content;
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true }); // a link of the host's must not lead the write elsewhere
    await writeFile(path, text);
    await chmod(path, mode);
  }
}

async function enable(root: string, units: readonly string[]): Promise<void> {
  const wants = join(root, UNIT_DIRECTORY, "multi-user.target.wants");
  await mkdir(wants, { recursive: true });
  for (const unit of units) {
    const own = join(UNIT_DIRECTORY, unit);
    const target = existsSync(join(root, own)) ? own : `/lib/systemd/system/${unit}`;
    await symlink(target, join(wants, unit));
  }
}

/** User `core`, who may read the journal as on CoreOS. */
async function addUserCore(root: string): Promise<void> {
  const passwd = await readFile(join(root, "etc/passwd"), "utf8");
  if (/^core:/m.test(passwd)) return;
  const group = join(root, "etc/group");
  const groups = await readFile(group, "utf8");
  await appendFile(join(root, "etc/passwd"), "core:x:5000:5000:core:/home/core:/bin/bash\n");
  await appendFile(join(root, "etc/shadow"), "core:*:19000:0:99999:7:::\n");
  const members = groups.replace(
    /^(systemd-journal:[^:]*:\d+:)(.*)$/m,
    (_, head: string, rest: string) => (rest === "" ? `${head}core` : `${head}${rest},core`),
  );
  await writeFile(group, `${members}core:x:5000:\n`);
  await runOk(["install", "-d", "-o", "5000", "-g", "5000", "-m", "755", join(root, "home/core")]);
}
