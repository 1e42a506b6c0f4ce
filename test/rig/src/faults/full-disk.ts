import { statfsSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import { runOk } from "../command.ts";
import type { Machine } from "../machine.ts";

/** A file system in memory, and the path on the host by which it is reached. */
interface Disk {
  readonly path: string;
  /** Runs mount(8) where the file system is mounted. */
  readonly remount: (options: string) => Promise<unknown>;
}

const ROOM_BYTES = 1 << 20;
const BLOCK = Buffer.alloc(4096);
const FILLER = "rig-fills-the-disk";

/**
 * Leaves no free byte on the machine's `/` and `/run`, where fleetd, systemd and the journal write; resolves with what
 * makes them as large as they were.
 */
export async function fillDisks(machine: Machine): Promise<() => Promise<void>> {
  const disks = disksOf(machine);
  const sizes = disks.map(({ path }) => sizeOf(path));
  for (const disk of disks) await fill(disk);
  return async () => {
    for (const [index, { path, remount }] of disks.entries()) {
      await rm(join(path, FILLER), { force: true });
      await remount(`remount,size=${sizes[index]}`);
    }
  };
}

function disksOf(machine: Machine): readonly Disk[] {
  const below = dirname(machine.root); // the changes to the root are kept in memory there
  return [
    {
      path: machine.path("/run"),
      remount: async (options) => machine.exec("mount", "-o", options, "/run"),
    },
    { path: below, remount: async (options) => runOk(["mount", "-o", options, below]) },
  ];
}

/** Makes it as small as it can be, so that little memory is needed to fill the rest. */
async function fill({ path, remount }: Disk): Promise<void> {
  const { blocks, bfree, bsize } = statfsSync(path);
  await remount(`remount,size=${(blocks - bfree) * bsize + ROOM_BYTES}`);
  await using file = await open(join(path, FILLER), "w");
  try {
    for (;;) await file.write(BLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

function sizeOf(path: string): number {
  const { blocks, bsize } = statfsSync(path);
  return blocks * bsize;
}
