import { type FSWatcher, statSync, watch } from "node:fs";

import { type Logger, messageOf } from "@fleet/core";

/** Directories watched at once; what changes in further ones is found by the next look at everything. */
const WATCHES_MAX = 256;

interface Watched {
  readonly watcher: FSWatcher;
  /** Device and inode: another directory may take its path, and the watch stays with the old one. */
  readonly identity: string;
}

/** The kernel's word for changes in a set of directories. */
export class DirectoryWatches {
  readonly #watched = new Map<string, Watched>();
  readonly #onEvent: (directory: string, name: string | undefined) => void;
  readonly #log: Logger;
  #complaint = "";

  /** `onEvent` is called synchronously; without a name anything in the directory may have changed. */
  constructor(onEvent: (directory: string, name: string | undefined) => void, log: Logger) {
    this.#onEvent = onEvent;
    this.#log = log;
  }

  /** Watches exactly these directories, as far as they exist and the kernel lets us. */
  keep(directories: ReadonlySet<string>): void {
    for (const path of this.#watched.keys()) {
      if (!directories.has(path)) this.#drop(path);
    }
    for (const path of directories) this.#add(path);
  }

  close(): void {
    this.keep(new Set());
  }

  #add(path: string): void {
    const identity = directoryIdentity(path);
    if (this.#watched.get(path)?.identity === identity) return;
    this.#drop(path);
    if (identity === undefined) return;
    if (this.#watched.size >= WATCHES_MAX) {
      return this.#complain(path, `more than ${WATCHES_MAX} directories to watch`);
    }
    try {
      const watcher = watch(path, { persistent: false });
      watcher.on("change", (_kind, name) => {
        this.#onEvent(path, typeof name === "string" ? name : undefined);
      });
      watcher.on("error", (error) => {
        this.#complain(path, error.message);
        this.#drop(path);
        this.#onEvent(path, undefined);
      });
      this.#watched.set(path, { watcher, identity });
    } catch (error) {
      this.#complain(path, messageOf(error));
    }
  }

  #drop(path: string): void {
    this.#watched.get(path)?.watcher.close();
    this.#watched.delete(path);
  }

  /** Each reason once: it would come back with every change. */
  #complain(path: string, reason: string): void {
    if (reason === this.#complaint) return;
    this.#complaint = reason;
    this.#log.warn({ path, reason }, "Directory not watched: changes in it are found later");
  }
}

/** Device and inode of the directory at `path`; undefined when there is none. */
export function directoryIdentity(path: string): string | undefined {
  try {
    const stats = statSync(path, { bigint: true });
    return stats.isDirectory() ? `${stats.dev}:${stats.ino}` : undefined;
  } catch {
    return undefined; // whoever reads the directory says why
  }
}
