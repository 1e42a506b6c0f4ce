import { createHash } from "node:crypto";
import { createServer } from "node:net";

import { Deferred } from "./deferred.ts";

/** Held until it is released or this process ends, however it ends. */
export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * Tells other fleetds of this machine that a directory is in use; undefined when one of them uses it.
 * The lock is a name that the kernel frees with the process (unix(7), abstract sockets): a file
 * would outlive a crash.
 */
export async function lockDirectory(realPath: string): Promise<DirectoryLock | undefined> {
  const server = createServer((socket) => socket.destroy());
  const isMine = new Deferred<boolean>();
  server.once("error", () => isMine.resolve(false));
  server.listen({ path: lockName(realPath) }, () => isMine.resolve(true));
  if (!(await isMine.promise)) return undefined;
  server.unref();
  return {
    release: async () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

/** A path may be longer than the name of a socket. */
function lockName(realPath: string): string {
  const digest = createHash("sha256").update(realPath).digest("hex").slice(0, 32);
  return `\0fleet-units-directory-${digest}`;
}
