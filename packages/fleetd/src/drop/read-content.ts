import { constants } from "node:fs";
import { lstat, open, readlink, stat } from "node:fs/promises";

import type { DropContent } from "@fleet/agent";

/** etcd refuses requests above 1.5 MiB, and no unit file is anywhere near. */
const FILE_BYTES_MAX = 1024 * 1024;

/** A file as it was read, and a mark that differs when it was changed or exchanged. */
export interface FileReading {
  /** Undefined: there is no such file. */
  readonly content: DropContent | undefined;
  readonly mark: string;
}

/**
 * Reads a file, through links. Undefined when it changed while it was read. Anything that is there and is no file
 * that can be read is `unreadable`, also a link that leads nowhere: whoever made it did not remove it.
 */
export async function readContent(path: string): Promise<FileReading | undefined> {
  const mark = await markOf(path);
  const content = mark === GONE ? undefined : await read(path);
  return (await markOf(path)) === mark ? { content, mark } : undefined;
}

const GONE = "gone";

/** Tells two states of a file apart without reading it. Only a file that is certainly not there is gone. */
export async function markOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(":");
  } catch (error) {
    const code = codeOf(error);
    return code === "ENOENT" ? markOfMissing(path) : code;
  }
}

/** A link that leads nowhere, or nothing at all. */
async function markOfMissing(path: string): Promise<string> {
  try {
    return `to ${await readlink(path)}`;
  } catch (error) {
    const code = codeOf(error);
    return code === "ENOENT" ? GONE : code;
  }
}

/** Never waits: a pipe is opened without a writer, and is no file. */
async function read(path: string): Promise<DropContent> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) {
      return unreadable(stats.isDirectory() ? "a directory, not a file" : "not a regular file");
    }
    if (stats.size > FILE_BYTES_MAX) return unreadable(`larger than ${FILE_BYTES_MAX} bytes`);
    return { kind: "bytes", bytes: await file.readFile() };
  } catch (error) {
    const code = codeOf(error);
    return unreadable(code === "ENOENT" ? "a link that leads nowhere" : `cannot be read: ${code}`);
  }
}

/** Whether a link stands at `path`, wherever it leads. */
export async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false; // there is nothing to follow
  }
}

function unreadable(problem: string): DropContent {
  return { kind: "unreadable", problem };
}

/** `ENOENT`, `EACCES` and so on. */
function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error) return String(error.code);
  return String(error);
}
