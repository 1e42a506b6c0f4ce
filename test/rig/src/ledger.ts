import { appendFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { identify, isAlive, type ProcessIdentity } from "./processes.ts";
import { RigError } from "./rig-error.ts";

/** One thing outside this process that a rig made and that has to go with it. */
export type Held =
  | { readonly kind: "process"; readonly process: ProcessIdentity }
  /** A control group, everything that runs in it, and the groups below it. */
  | { readonly kind: "cgroup"; readonly path: string }
  | { readonly kind: "link"; readonly name: string }
  | { readonly kind: "mount"; readonly path: string }
  | { readonly kind: "path"; readonly path: string };

/** The first line of a ledger: whose it is. */
interface Owner {
  readonly process: ProcessIdentity;
  /** Process IDs of an earlier boot of the host mean nothing. */
  readonly bootId: string;
}

/** One folder a rig, named by the rig's number. */
const HOME = "/run/fleet-rig";
const LEDGER_NAME = "ledger.jsonl";
const RIGS_MAX = 250;

/**
 * What one rig holds on this host, written down before it is made, so that whoever comes after a crash can
 * clear it: by process ID and start time, path and link name as recorded, never by a pattern.
 */
export interface Ledger {
  /** 1 to 250, this rig's alone as long as it lives: names and addresses follow from it. */
  readonly number: number;
  /** The rig's own folder on the host; goes last. */
  readonly directory: string;
  /** Call it before the thing is made (a process: in the same tick). */
  record(held: Held): void;
  /** From now on {@link record} throws: what is still under way must not outlive the teardown. */
  close(): void;
}

/**
 * Claims a number that no living rig has and that `isFree` accepts.
 * @throws {RigError} when there is none.
 */
export async function openLedger(isFree: (number: number) => boolean): Promise<Ledger> {
  const self = identify(process.pid);
  if (self === undefined) throw new RigError("/proc is not mounted: the rig needs it");
  const owner: Owner = { process: self, bootId: bootId() };
  const draft = join(HOME, `.claim-${process.pid}-${self.startTicks}-${performance.now()}`);
  await mkdir(draft, { recursive: true, mode: 0o755 });
  await writeFile(join(draft, LEDGER_NAME), `${JSON.stringify(owner)}\n`);
  for (let step = 0; step < RIGS_MAX; step += 1) {
    // Starting anywhere, so that a number is not at once somebody else's when its rig has gone.
    const number = ((process.pid + step) % RIGS_MAX) + 1;
    const directory = join(HOME, String(number));
    if (existsSync(directory) || !isFree(number) || !(await claim(draft, directory))) continue;
    return ledgerIn(number, directory);
  }
  await rm(draft, { recursive: true });
  throw new RigError(`all ${RIGS_MAX} rig numbers are taken, see ${HOME}`);
}

function ledgerIn(number: number, directory: string): Ledger {
  const file = join(directory, LEDGER_NAME);
  let isOpen = true;
  return {
    number,
    directory,
    record: (held) => {
      if (!isOpen) throw new RigError("the rig is being taken down");
      appendFileSync(file, `${JSON.stringify(held)}\n`);
    },
    close: () => {
      isOpen = false;
    },
  };
}

/** Folders of rigs whose process is gone, and of claims that were never finished. */
export function abandonedLedgers(): readonly string[] {
  if (!existsSync(HOME)) return [];
  const directories = readdirSync(HOME).map((name) => join(HOME, name));
  return directories.filter((directory) => {
    const owner = ownerOf(directory);
    return owner !== undefined && !(owner.bootId === bootId() && isAlive(owner.process));
  });
}

/** What the ledger in `directory` says is held, in the order it was made. */
export function heldBy(directory: string): readonly Held[] {
  const owner = ownerOf(directory);
  const entries = linesOf(directory).slice(1) as readonly Held[];
  const sameBoot = owner?.bootId === bootId();
  return sameBoot ? entries : entries.filter((held) => held.kind === "path");
}

/** Removes a cleared rig's folder, and the folder of all rigs with the last one. */
export async function removeLedger(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await removeEmpty(HOME);
}

async function claim(draft: string, directory: string): Promise<boolean> {
  try {
    // Renaming onto a folder that is not empty fails: of two rigs one gets the number.
    await rename(draft, directory);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "ENOTEMPTY" || code === "EEXIST") return false;
    throw error;
  }
}

function ownerOf(directory: string): Owner | undefined {
  return linesOf(directory)[0] as Owner | undefined;
}

function linesOf(directory: string): readonly unknown[] {
  const file = join(directory, LEDGER_NAME);
  if (!existsSync(file)) return [];
  const text = readFileSync(file, "utf8");
  // What follows the last newline was cut off by a crash: it was not made yet.
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
}

async function removeEmpty(directory: string): Promise<void> {
  if (existsSync(directory) && readdirSync(directory).length === 0) {
    await rm(directory, { recursive: true, force: true });
  }
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}
