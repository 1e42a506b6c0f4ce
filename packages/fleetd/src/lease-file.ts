import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LeaseMemory } from "@fleet/agent";
import type { Logger } from "@fleet/core";

export const LEASE_FILE = ".lease";

export interface LeaseFileOptions {
  /** Where the unit files lie. It is there. */
  readonly directory: string;
  /** Tells this boot of the machine from every other: each has a monotonic clock of its own. */
  readonly bootId: string;
  readonly log: Logger;
}

/** Until when this machine's lease holds, in a file for the daemon that comes after this one. */
export class LeaseFile implements LeaseMemory {
  readonly heldUntilMs: number | undefined;
  #path: string;
  readonly #options: LeaseFileOptions;
  #latestMs: number | undefined;
  #writing: Promise<void> | undefined;
  #hasFailed = false;

  private constructor(options: LeaseFileOptions, path: string, heldUntilMs: number | undefined) {
    this.#options = options;
    this.#path = path;
    this.heldUntilMs = heldUntilMs;
    this.#latestMs = heldUntilMs;
  }

  /** A file that cannot be read is as good as none. */
  static async open(options: LeaseFileOptions): Promise<LeaseFile> {
    const path = join(options.directory, LEASE_FILE);
    const [bootId, heldUntil] = (await readFile(path, "utf8").catch(() => "")).trim().split(" ");
    const isKnown = bootId === options.bootId && /^\d+$/.test(heldUntil ?? "");
    return new LeaseFile(options, path, isKnown ? Number(heldUntil) : undefined);
  }

  note(heldUntilMs: number): void {
    const wholeMs = Math.floor(heldUntilMs);
    if (wholeMs === this.#latestMs) return;
    this.#latestMs = wholeMs;
    this.#writeSoon();
  }

  /** The units lie in another directory from now on, and the file with them. */
  moved(directory: string): void {
    this.#path = join(directory, LEASE_FILE);
    if (this.#latestMs !== undefined) this.#writeSoon();
  }

  /** Resolves when what was noted is written. */
  async close(): Promise<void> {
    await this.#writing;
  }

  #writeSoon(): void {
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** It need not survive a power cut, so nothing is forced to disk. */
  async #write(): Promise<void> {
    const { bootId, log } = this.#options;
    let writtenMs: number | undefined;
    let path = "";
    while (writtenMs !== this.#latestMs || path !== this.#path) {
      writtenMs = this.#latestMs;
      path = this.#path;
      try {
        await writeFile(`${path}.new`, `${bootId} ${writtenMs}\n`, { mode: 0o600 });
        await rename(`${path}.new`, path);
        this.#hasFailed = false;
      } catch (error) {
        const what = "Until when the lease holds could not be noted: units with OnIsolation=stop";
        if (!this.#hasFailed) log.warn({ err: error, path }, `${what} may stop at a restart`);
        this.#hasFailed = true;
      }
    }
  }
}
