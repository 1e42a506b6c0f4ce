import { existsSync, readdirSync, readFileSync } from "node:fs";
import { open, readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";

import { run, runOk } from "./command.ts";
import { type Held, heldBy, removeLedger } from "./ledger.ts";
import { identify, isAlive, isNamespaceInit, killAndWait } from "./processes.ts";
import type { ProcessIdentity } from "./processes.ts";
import { RigError } from "./rig-error.ts";
import { until } from "./until.ts";

const CLEARED_WITHIN_MS = 60_000;
const EMPTY_WITHIN_MS = 10_000;
const NSPAWN_ENDS_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 20;

/**
 * Takes down what the ledger in `directory` says is held, newest first, and then the ledger. What is gone already
 * is fine. Of several processes that clear the same rig one works and the others wait for it.
 * @throws {RigError} naming everything that could not be taken down; the ledger then stays.
 */
export async function tearDown(directory: string): Promise<void> {
  if (!(await becomeClearer(directory))) return;
  const failures: string[] = [];
  for (const held of heldBy(directory).toReversed()) {
    try {
      await takeDown(held);
    } catch (error) {
      failures.push(`${JSON.stringify(held)}: ${(error as Error).message}`);
    }
  }
  if (failures.length > 0) {
    await rm(clearerFile(directory), { force: true });
    throw new RigError(`not everything was taken down: ${failures.join("; ")}`);
  }
  await removeLedger(directory);
}

/** False when somebody else cleared it meanwhile. */
async function becomeClearer(directory: string): Promise<boolean> {
  const file = clearerFile(directory);
  return until(
    `${directory} is cleared`,
    async () => {
      if (!existsSync(directory)) return { done: true, value: false };
      if (await claimed(file)) return { done: true, value: true };
      const other = JSON.parse(await readFile(file, "utf8")) as ProcessIdentity;
      if (other.pid === process.pid || isAlive(other)) {
        return { done: false, saw: `process ${other.pid} clears it` };
      }
      await rm(file, { force: true });
      return { done: false, saw: `process ${other.pid} died while clearing it` };
    },
    { withinMs: CLEARED_WITHIN_MS, everyMs: LOOK_EVERY_MS },
  );
}

async function claimed(file: string): Promise<boolean> {
  try {
    await using handle = await open(file, "wx");
    await handle.writeFile(JSON.stringify(identify(process.pid)));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function clearerFile(directory: string): string {
  return join(directory, "clearing");
}

async function takeDown(held: Held): Promise<void> {
  switch (held.kind) {
    case "process":
      return killAndWait(held.process);
    case "cgroup":
      return clearCgroup(held.path);
    case "link":
      return removeLink(held.name);
    case "mount":
      return unmount(held.path);
    case "path":
      return rm(held.path, { recursive: true, force: true });
    default:
      return held satisfies never;
  }
}

/** Ends all that runs in the group: machines' inits first, so that nspawn tidies up behind them. */
export async function clearCgroup(path: string): Promise<void> {
  const inits = processesIn(path).filter(isNamespaceInit);
  for (const pid of inits) await killByPid(pid);
  if (inits.length > 0) await emptied(path, NSPAWN_ENDS_WITHIN_MS).catch(() => undefined);
  for (const pid of processesIn(path)) await killByPid(pid);
  await emptied(path, EMPTY_WITHIN_MS);
  for (const group of groupsIn(path).toReversed()) await rmdir(group);
}

async function emptied(path: string, withinMs: number): Promise<void> {
  await until(
    `${path} is empty`,
    () => {
      const left = processesIn(path);
      return left.length === 0
        ? { done: true, value: undefined }
        : { done: false, saw: `processes ${left.join(" ")}` };
    },
    { withinMs, everyMs: LOOK_EVERY_MS },
  );
}

async function killByPid(pid: number): Promise<void> {
  const victim = identify(pid);
  if (victim !== undefined) await killAndWait(victim);
}

function processesIn(path: string): readonly number[] {
  const lists = groupsIn(path).map((group) => readFileSync(join(group, "cgroup.procs"), "utf8"));
  return lists.flatMap((list) => list.split("\n").filter(Boolean).map(Number));
}

/** The group and all below it, parents first. */
function groupsIn(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  const below = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [path, ...below.flatMap((entry) => groupsIn(join(path, entry.name)))];
}

async function removeLink(name: string): Promise<void> {
  if (!linkExists(name)) return;
  const result = await run(["ip", "link", "delete", name]);
  if (result.status !== 0 && linkExists(name)) throw new RigError(result.stderr.trim());
}

/** Whether the host has a network link of that name. */
export function linkExists(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`);
}

async function unmount(path: string): Promise<void> {
  while (isMountPoint(path)) await runOk(["umount", "--lazy", path]);
}

function isMountPoint(path: string): boolean {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return mounts.some((line) => line.split(" ")[4] === path);
}
