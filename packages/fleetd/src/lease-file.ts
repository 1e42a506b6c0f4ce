import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LeaseMemory } from "@fleet/agent";
import type { Logger } from "@fleet/core";

const LEASE_FILE = ".lease";

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
  readonly #path: string;
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
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** Resolves when what was noted is written. */
  async close(): Promise<void> {
    await this.#writing;
  }

  /** It need not survive a power cut, so nothing is forced to disk. */
  async #write(): Promise<void> {
    const { bootId, log } = this.#options;
    let writtenMs: number | undefined;
    while (writtenMs !== this.#latestMs) {
      writtenMs = this.#latestMs;
      try {
        await writeFile(`${this.#path}.new`, `${bootId} ${writtenMs}\n`, { mode: 0o600 });
        await rename(`${this.#path}.new`, this.#path);
        this.#hasFailed = false;
      } catch (error) {
        const what = "Until when the lease holds could not be noted: units with OnIsolation=stop";
        const path = this.#path;
        if (!this.#hasFailed) log.warn({ err: error, path }, `${what} may stop at a restart`);
        this.#hasFailed = true;
      }
    }
  }
}
