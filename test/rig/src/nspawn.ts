import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, realpathSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { runOk } from "./command.ts";
import type { Ledger } from "./ledger.ts";
import { childrenOf, identify, isNamespaceInit, type ProcessIdentity } from "./processes.ts";
import { NODE_INSIDE, PROJECT_DIRECTORY, PROJECT_INSIDE } from "./project.ts";
import { RigError } from "./rig-error.ts";
import { clearCgroup, linkExists } from "./teardown.ts";
import { until } from "./until.ts";

export interface NspawnOptions {
  /** At most 12 characters: the link's name is `vb-` and this, and a link's name has 15 at most. */
  readonly name: string;
  readonly hostname: string;
  readonly root: string;
  readonly bridge: string;
  /** Where the console's output is added to. */
  readonly consoleFile: string;
}

/** One run of a machine, from nspawn's start to its end. */
export interface NspawnRun {
  /** The machine's process 1, as the host sees it. */
  readonly init: ProcessIdentity;
  /** How nspawn ended: 0 powered off, 133 wants to be started again. Never rejects. */
  readonly ended: Promise<number>;
}

/** nspawn's exit status when the machine asked for a reboot and nobody but the caller can do it. */
export const REBOOT_STATUS = 133;

/** Puts the shell into the groups before `--`, then becomes the command after it. */
const ENTER_GROUPS = `until [ "$1" = -- ]; do echo $$ >"$1/cgroup.procs" || exit 1; shift; done
shift
exec "$@"`;
const CGROUP_MOUNT = "/sys/fs/cgroup";
const NSPAWN_STATE = "/run/systemd/nspawn";
const STARTED_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 10;
const KILLED_STATUS = 137;

/** Starts nspawn in control groups of its own and returns when the machine's process 1 exists. */
export async function startNspawn(options: NspawnOptions, ledger: Ledger): Promise<NspawnRun> {
  const link = linkOf(options.name);
  ledger.record({ kind: "link", name: link });
  // A machine that was killed can leave its link behind for a moment, which the next start stumbles over.
  if (linkExists(link)) await runOk(["ip", "link", "delete", link]);
  await recordNspawnState(options, ledger);
  const groups = await createCgroups(options.name, ledger);
  const child = spawnIn(groups, nspawnCommand(options), options.consoleFile);
  const nspawn = identify(child.pid ?? 0);
  if (nspawn !== undefined) ledger.record({ kind: "process", process: nspawn });
  const ended = endOf(child);
  const init = await initOf(child, options, ended);
  ledger.record({ kind: "process", process: init });
  return { init, ended };
}

/** The host's end of a machine's link. */
export function linkOf(name: string): string {
  return `vb-${name}`;
}

function nspawnCommand(options: NspawnOptions): readonly string[] {
  const flags = `--quiet --register=no --keep-unit --settings=no --link-journal=no
    --resolv-conf=off --timezone=off --capability=CAP_NET_ADMIN --boot`;
  return [
    "systemd-nspawn",
    ...flags.split(/\s+/),
    `--machine=${options.name}`,
    `--hostname=${options.hostname}`,
    `--directory=${options.root}`,
    `--network-bridge=${options.bridge}`,
    `--bind-ro=${PROJECT_DIRECTORY}:${PROJECT_INSIDE}`,
    `--bind-ro=${realpathSync(process.execPath)}:${NODE_INSIDE}`,
  ];
}

function spawnIn(
  groups: readonly string[],
  command: readonly string[],
  consoleFile: string,
): ChildProcess {
  const output = openSync(consoleFile, "a");
  try {
    const child = spawn("/bin/sh", ["-c", ENTER_GROUPS, "sh", ...groups, "--", ...command], {
      detached: true,
      stdio: ["ignore", output, output],
      env: { PATH: process.env["PATH"], SYSTEMD_COLORS: "0" },
    });
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

/** A group in systemd's own hierarchies: two machines in one group would count each other's processes as theirs. */
async function createCgroups(name: string, ledger: Ledger): Promise<readonly string[]> {
  const mounts = ["systemd", "unified"].map((hierarchy) => join(CGROUP_MOUNT, hierarchy));
  const hierarchies = existsSync(join(CGROUP_MOUNT, "cgroup.procs"))
    ? [CGROUP_MOUNT]
    : mounts.filter((mount) => existsSync(join(mount, "cgroup.procs")));
  const groups = hierarchies.map((mount) => join(mount, `fleet-rig-${name}`));
  for (const path of groups) {
    ledger.record({ kind: "cgroup", path });
    await clearCgroup(path); // of this machine's run before
    await mkdir(path, { recursive: true });
  }
  return groups;
}

/** What nspawn itself keeps on the host, and forgets when it is killed. */
async function recordNspawnState(options: NspawnOptions, ledger: Ledger): Promise<void> {
  const { dev, ino } = await stat(options.root);
  ledger.record({ kind: "path", path: join(NSPAWN_STATE, "propagate", options.name) });
  ledger.record({ kind: "path", path: join(NSPAWN_STATE, "locks", `inode-${dev}:${ino}`) });
}

async function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once("error", () => resolve(KILLED_STATUS));
    child.once("exit", (code) => resolve(code ?? KILLED_STATUS));
  });
}

async function initOf(
  child: ChildProcess,
  options: NspawnOptions,
  ended: Promise<number>,
): Promise<ProcessIdentity> {
  let status: number | undefined;
  void ended.then((code) => (status = code));
  const init = await until(
    `machine ${options.name} has a process 1`,
    () => {
      const found = childrenOf(child.pid ?? 0).find(isNamespaceInit);
      const value = found === undefined ? undefined : identify(found);
      const over = value !== undefined || status !== undefined;
      return over ? { done: true, value } : { done: false, saw: "none" };
    },
    { withinMs: STARTED_WITHIN_MS, everyMs: LOOK_EVERY_MS },
  );
  if (init !== undefined) return init;
  throw new RigError(`nspawn ended with status ${status}, see ${options.consoleFile}`);
}
