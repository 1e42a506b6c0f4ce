import { lstat, readlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A name in a directory on which the meaning of a path depends. */
export interface PathStep {
  readonly directory: string;
  readonly name: string;
}

/** Where a path leads, link by link. */
export interface PathTrace {
  /** Every link on the way and the last name of it: when one of them changes, the path may lead elsewhere. */
  readonly steps: readonly PathStep[];
  /** Without links; undefined when it leads nowhere. */
  readonly real: string | undefined;
}

/** As in the kernel. */
const LINKS_MAX = 40;

/** Follows an absolute path. What does not exist (yet) ends the trace with the name that is missing. */
export async function tracePath(path: string): Promise<PathTrace> {
  const steps: PathStep[] = [];
  let left = namesOf(path);
  let directory = "/";
  let links = 0;
  while (left.length > 0) {
    const [name = "", ...rest] = left;
    left = rest;
    const full = join(directory, name);
    const link = await linkAt(full);
    if (link === "directory or file") {
      directory = full;
      continue;
    }
    steps.push({ directory, name });
    links += 1;
    if (link === "missing" || links > LINKS_MAX) return { steps, real: undefined };
    left = [...namesOf(link.target), ...left];
    if (link.target.startsWith("/")) directory = "/";
  }
  steps.push({ directory: dirname(directory), name: basename(directory) });
  return { steps, real: directory };
}

function namesOf(path: string): readonly string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

async function linkAt(
  path: string,
): Promise<{ readonly target: string } | "directory or file" | "missing"> {
  try {
    const isLink = (await lstat(path)).isSymbolicLink();
    return isLink ? { target: await readlink(path) } : "directory or file";
  } catch {
    return "missing"; // for whatever reason: it cannot be followed
  }
}
