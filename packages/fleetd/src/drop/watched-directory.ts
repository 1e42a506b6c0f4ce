import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { type DropContent, type DropDirectory, type DropSink, isDropName } from "@fleet/agent";
import { type Clock, type Logger, messageOf } from "@fleet/core";
import { directoryIdentity, DirectoryWatches } from "./directory-watches.ts";
import { LinkIndex } from "./link-index.ts";
import { Quiet } from "./quiet.ts";
import { type FileReading, isLink, markOf, readContent } from "./read-content.ts";
import { tracePath } from "./trace-path.ts";

export interface WatchedDirectoryOptions {
  /** Absolute. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The kernel drops events when too many come at once: so often everything is looked at again, locally. */
const RESCAN_MS = 60_000;
/** A directory in which something always happens is taken as it is after this time. */
const FIND_MS_MAX = 10_000;
/** More files are a mistake in the setting. */
const FILES_MAX = 10_000;
/** Files read at once. */
const READS_MAX = 32;

/** A directory of unit files and what the kernel says of it. */
export function watchedDirectory(options: WatchedDirectoryOptions): DropDirectory {
  return {
    path: options.path,
    watch: (sink, signal) => new Watching(options, sink, signal).run(),
  };
}

/** The directory as it was last found. */
interface Found {
  readonly real: string;
  readonly identity: string;
}

/** Stands for the directory itself among the names that are waited for; no file has it. */
const DIRECTORY = "/";

class Watching {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #sink: DropSink;
  readonly #signal: AbortSignal;
  readonly #watches: DirectoryWatches;
  readonly #quiet = new Quiet();
  readonly #links = new LinkIndex();
  /** Each known file's mark when it was last looked at. */
  readonly #marks = new Map<string, string>();
  #found: Found | undefined;
  #lookedForMs = 0;
  #nap = new AbortController();

  constructor({ path, clock, log }: WatchedDirectoryOptions, sink: DropSink, signal: AbortSignal) {
    this.#path = path;
    this.#clock = clock;
    this.#sink = sink;
    this.#signal = signal;
    this.#watches = new DirectoryWatches((directory, name) => this.#onEvent(directory, name), log);
  }

  async run(): Promise<void> {
    const wake = (): void => this.#nap.abort("over");
    this.#signal.addEventListener("abort", wake);
    try {
      await this.#arm();
      this.#lookFor();
      let rescanMs = this.#clock.monotonicMs() + RESCAN_MS;
      while (!this.#signal.aborted) {
        await this.#rest(rescanMs);
        const nowMs = this.#clock.monotonicMs();
        if (nowMs >= rescanMs) {
          rescanMs = nowMs + RESCAN_MS;
          this.#quiet.settle(DIRECTORY, nowMs);
        }
        const names = this.#quiet.take(nowMs);
        if (names.includes(DIRECTORY) && !(await this.#isStillThere())) continue;
        await this.#read(names.filter((name) => name !== DIRECTORY));
      }
    } finally {
      this.#signal.removeEventListener("abort", wake);
      this.#watches.close();
    }
  }

  async #rest(untilMs: number): Promise<void> {
    if (this.#signal.aborted) return;
    this.#nap = new AbortController();
    const nowMs = this.#clock.monotonicMs();
    const waitMs = Math.min(this.#quiet.waitMs(nowMs) ?? Infinity, untilMs - nowMs);
    await this.#clock.sleep(Math.max(0, waitMs), this.#nap.signal);
  }

  #onEvent(directory: string, name: string | undefined): void {
    const nowMs = this.#clock.monotonicMs();
    // Otherwise the next look is near: what is stirred now is never quiet before it.
    if (this.#quiet.isEmpty) this.#nap.abort("something happened");
    const isInside = directory === this.#found?.real;
    if (name === undefined || this.#links.leadsToDirectory(directory, name)) this.#lookFor();
    else if (isInside && isDropName(name)) this.#quiet.stir(name, nowMs);
    else if (this.#found === undefined) this.#lookFor();
    for (const file of this.#links.filesThrough(directory, name)) this.#quiet.stir(file, nowMs);
  }

  /** Looks for the directory once it is quiet, but not for ever later. */
  #lookFor(): void {
    const nowMs = this.#clock.monotonicMs();
    if (!this.#quiet.has(DIRECTORY)) this.#lookedForMs = nowMs;
    if (nowMs - this.#lookedForMs < FIND_MS_MAX) this.#quiet.stir(DIRECTORY, nowMs);
  }

  /** Watches what the path depends on; resolves with the directory, if it is there. */
  async #arm(): Promise<Found | undefined> {
    const { steps, real } = await tracePath(this.#path);
    this.#links.setPath(steps, real);
    this.#watches.keep(this.#links.directories());
    const identity = real === undefined ? undefined : directoryIdentity(real);
    return real === undefined || identity === undefined ? undefined : { real, identity };
  }

  /** Whether the path still leads to the directory that was found. */
  #isHere(): boolean {
    if (this.#found === undefined) return false;
    if (directoryIdentity(this.#path) === this.#found.identity) return true;
    this.#lookFor();
    return false;
  }

  /** Looks at the whole directory. False: what was waited for so far counts no more. */
  async #isStillThere(): Promise<boolean> {
    const found = await this.#arm();
    if (found === undefined) return this.#lose("there is no such directory");
    let names: readonly string[];
    try {
      names = (await readdir(found.real)).filter(isDropName);
    } catch (error) {
      return this.#lose(messageOf(error));
    }
    if (names.length > FILES_MAX) return this.#lose(`more than ${FILES_MAX} unit files`);
    const isKnown = found.identity === this.#found?.identity && found.real === this.#found.real;
    this.#found = found;
    if (isKnown) await this.#compare(names);
    else this.#begin(names);
    return isKnown;
  }

  #begin(names: readonly string[]): void {
    this.#marks.clear();
    this.#quiet.clear();
    this.#links.clearFiles();
    this.#sink.found(names);
    const nowMs = this.#clock.monotonicMs();
    for (const name of names) this.#quiet.settle(name, nowMs);
  }

  /** Finds what no event told of. */
  async #compare(names: readonly string[]): Promise<void> {
    const { real } = this.#found ?? { real: "" };
    for (const name of new Set([...names, ...this.#marks.keys()])) {
      const mark = await markOf(join(real, name));
      if (mark !== this.#marks.get(name)) this.#quiet.stir(name, this.#clock.monotonicMs());
    }
  }

  /** Nothing that is waited for counts as removed. */
  #lose(reason: string): false {
    this.#found = undefined;
    this.#marks.clear();
    this.#quiet.clear();
    this.#links.clearFiles();
    this.#sink.lost(reason);
    return false;
  }

  /** Watches before it reads, so that no change falls in between. */
  async #read(names: readonly string[]): Promise<void> {
    const { real } = this.#found ?? { real: this.#path };
    for (let from = 0; from < names.length; from += READS_MAX) {
      const some = names.slice(from, from + READS_MAX);
      await Promise.all(some.map(async (name) => this.#follow(name, join(real, name))));
      this.#watches.keep(this.#links.directories());
      const readings = await Promise.all(some.map(async (name) => readContent(join(real, name))));
      // The directory itself may have gone while it was read: then its files were not removed.
      if (!this.#isHere()) return;
      const contents = new Map<string, DropContent | undefined>();
      for (const [index, name] of some.entries()) this.#take(name, readings[index], contents);
      this.#sink.read(contents);
    }
  }

  async #follow(name: string, path: string): Promise<void> {
    this.#links.setFile(name, (await isLink(path)) ? (await tracePath(path)).steps : []);
  }

  #take(
    name: string,
    reading: FileReading | undefined,
    contents: Map<string, DropContent | undefined>,
  ): void {
    if (reading === undefined) return this.#quiet.stir(name, this.#clock.monotonicMs());
    contents.set(name, reading.content);
    if (reading.content === undefined) this.#marks.delete(name);
    else this.#marks.set(name, reading.mark);
  }
}
