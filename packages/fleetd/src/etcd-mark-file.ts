import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Clock, ConfigError, type Logger } from "@fleet/core";
import type { EtcdMark, EtcdMemory } from "@fleet/registry";

import { replaceFile } from "./replace-file.ts";

export const MARK_FILE = ".etcd";
/** An etcd that loses less than this, while no fleetd runs, may go unnoticed. */
const WRITE_INTERVAL_MS = 60_000;

export interface EtcdMarkFileOptions {
  /** Where the unit files lie: the mark protects them and lasts as long as they do. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The etcd of this machine's units in a file: written at once, then once a minute while it moves on. */
export class EtcdMarkFile implements EtcdMemory {
  readonly known: EtcdMark | undefined;
  #path: string;
  readonly #options: EtcdMarkFileOptions;
  readonly #closed = new AbortController();
  #latest: EtcdMark | undefined;
  #written: EtcdMark | undefined;
  #isOnDisk: boolean;
  #writing: Promise<void> | undefined;

  private constructor(options: EtcdMarkFileOptions, path: string, known: EtcdMark | undefined) {
    this.#options = options;
    this.#path = path;
    this.known = known;
    this.#latest = known;
    this.#written = known;
    this.#isOnDisk = known !== undefined;
  }

  get wayOut(): string {
    return `delete ${this.#path} and restart fleet`;
  }

  /** @throws {ConfigError} when it is there and cannot be read: any etcd would be believed without it. */
  static async open(options: EtcdMarkFileOptions): Promise<EtcdMarkFile> {
    const path = join(options.directory, MARK_FILE);
    const text = await textIn(path);
    const known = markIn(text);
    if (text !== "" && known === undefined) throw unreadable(path, "it is damaged");
    return new EtcdMarkFile(options, path, known);
  }

  note(mark: EtcdMark): void {
    this.#latest = mark;
    if (!this.#closed.signal.aborted) this.#writing ??= this.#writeWhileItMoves();
  }

  /** The units lie in another directory from now on, and the file with them. */
  moved(directory: string): void {
    this.#path = join(directory, MARK_FILE);
  }

  /** Writes what is not written yet, and nothing more. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#writing;
    await this.#write();
  }

  /** This machine has left the cluster: nothing of it is here any more, so any etcd will do. */
  async forget(): Promise<void> {
    this.#closed.abort();
    await this.#writing;
    await rm(this.#path, { force: true });
    this.#written = this.#latest;
  }

  async #writeWhileItMoves(): Promise<void> {
    while (this.#latest !== this.#written && !this.#closed.signal.aborted) {
      await this.#write();
      await this.#options.clock.sleep(WRITE_INTERVAL_MS, this.#closed.signal);
    }
    this.#writing = undefined;
  }

  async #write(): Promise<void> {
    const { log } = this.#options;
    const mark = this.#latest;
    if (mark === this.#written || this.#isTakenAway()) return;
    const path = this.#path;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o755 });
      await replaceFile(path, `${JSON.stringify(mark)}\n`);
      this.#isOnDisk = true;
    } catch (error) {
      log.warn({ err: error, path }, "Which etcd this is could not be noted");
    }
    this.#written = mark;
  }

  /** Whoever deletes the file tells the next fleetd to believe etcd: this one must not bring it back. */
  #isTakenAway(): boolean {
    return this.#isOnDisk && !existsSync(this.#path);
  }
}

/** Undefined when the text says nothing that can be used. */
function markIn(text: string): EtcdMark | undefined {
  try {
    const { cluster, revision } = JSON.parse(text) as Partial<Record<keyof EtcdMark, unknown>>;
    if (typeof cluster !== "string" || !/^\d+$/.test(cluster)) return undefined;
    return Number.isSafeInteger(revision) ? { cluster, revision: revision as number } : undefined;
  } catch {
    return undefined;
  }
}

/** "" when there is no such file. */
async function textIn(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return ""; // there can be no such file
    throw unreadable(path, (error as Error).message);
  }
}

function unreadable(path: string, why: string): ConfigError {
  const what = "which etcd this machine's units are from cannot be read";
  return new ConfigError([
    `${path}: ${what}: ${why}; see that etcd is right, then delete the file`,
  ]);
}
