import {
  copyFileSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { lstat, mkdir, readdir, readFile, realpath, rm } from "node:fs/promises";
import { join } from "node:path";

import {
  type Logger,
  messageOf,
  parseUnitFile,
  parseUnitName,
  SystemdError,
  type UnitFile,
  unitHash,
  type UnitHash,
  type UnitName,
  UnitNameError,
} from "@fleet/core";

import { noteOwner, OWNER_FILE } from "./directory-owner.ts";
import { LaunchMarks } from "./launch-marks.ts";
import { mapLimited } from "./map-limited.ts";
import type { InstalledUnit } from "./unit-manager.ts";

export interface UnitDirectoryOptions {
  /** Created with its parents when it is missing. */
  readonly path: string;
  /** Tells this boot of the machine from every other. */
  readonly bootId: string;
  /** Whose units lie in it: only what has the same owner is taken over from another directory. */
  readonly owner: string;
  /** Names of other files in it that move along with the units. */
  readonly companions: readonly string[];
  readonly log: Logger;
}

/** A new text lies here until it takes the old one's place, so that nobody reads half a file. */
const STAGING = ".new";
const FILES_AT_ONCE = 32;
const UNIT_FILE_BYTES_MAX = 4 * 1024 * 1024;

/**
 * What is done once a unit is done at once: each of these small files takes the kernel some ten
 * microseconds, a round through a thread many times that.
 *
 * The directory of unit files that belongs to fleet, and what fleet remembers beside them.
 */
export class UnitDirectory {
  /** Absolute and without symbolic links. */
  readonly path: string;
  /** Which units fleet has launched since the machine booted. */
  readonly marks: LaunchMarks;
  readonly #companions: readonly string[];
  readonly #log: Logger;
  readonly #warned = new Set<string>();
  #staged = 0;

  private constructor(path: string, marks: LaunchMarks, options: UnitDirectoryOptions) {
    this.path = path;
    this.marks = marks;
    this.#companions = options.companions;
    this.#log = options.log;
  }

  /** Also clears what an earlier process left half-written, and the marks of earlier boots. */
  static async open(options: UnitDirectoryOptions): Promise<UnitDirectory> {
    try {
      await mkdir(options.path, { recursive: true, mode: 0o755 });
      const path = await realpath(options.path);
      await rm(join(path, STAGING), { recursive: true, force: true });
      await mkdir(join(path, STAGING), { mode: 0o700 });
      noteOwner(path, options.owner);
      return new UnitDirectory(path, await LaunchMarks.open(path, options.bootId), options);
    } catch (error) {
      const why = whyUnusable(error as NodeJS.ErrnoException);
      throw new SystemdError(`cannot use units directory ${options.path}: ${why}`, {
        cause: error,
      });
    }
  }

  pathOf(unit: UnitName): string {
    return join(this.path, unit);
  }

  /** Every recognised unit file, by name. One that cannot be read has no hash and is warned about once. */
  async list(): Promise<readonly InstalledUnit[]> {
    const [names, launched] = await Promise.all([this.names(), this.marks.names()]);
    return mapLimited(names, FILES_AT_ONCE, async (unit) => ({
      unit,
      hash: await this.#hash(unit),
      launched: launched.has(unit),
    }));
  }

  /** What a file says; undefined for one that is not there or cannot be read, which is warned about once. */
  async parse(unit: UnitName): Promise<UnitFile | undefined> {
    try {
      const { size } = await lstat(this.pathOf(unit));
      if (size > UNIT_FILE_BYTES_MAX) throw new RangeError(`${size} bytes are too many`);
      return parseUnitFile(await readFile(this.pathOf(unit)));
    } catch (error) {
      this.#warnOnce(unit, error, "cannot read unit file");
      return undefined;
    }
  }

  /** The units that have a file, by name. What has no unit's name is ignored and warned about once. */
  async names(): Promise<readonly UnitName[]> {
    const entries = await readdir(this.path);
    const names: UnitName[] = [];
    for (const entry of entries.toSorted()) {
      const unit = entry.startsWith(".") ? undefined : this.#recognise(entry);
      if (unit !== undefined) names.push(unit);
    }
    return names;
  }

  has(unit: UnitName): boolean {
    return lstatSync(this.pathOf(unit), { throwIfNoEntry: false }) !== undefined;
  }

  /** A file's text, undefined when there is none or it cannot be read. */
  async read(unit: UnitName): Promise<string | undefined> {
    try {
      return this.has(unit) ? readFileSync(this.pathOf(unit), "utf8") : undefined;
    } catch {
      return undefined; // whoever asks writes the file next, and that tells what is wrong
    }
  }

  /**
   * Puts a file in place at once: a reader sees the old text or the new one. It is not forced to
   * disk, since after a power failure its hash tells whether it is whole.
   */
  async write(unit: UnitName, text: string): Promise<void> {
    this.#staged += 1;
    const staged = join(this.path, STAGING, String(this.#staged));
    try {
      writeFileSync(staged, text, { mode: 0o644 });
      renameSync(staged, this.pathOf(unit));
    } catch (error) {
      rmSync(staged, { force: true });
      throw new SystemdError(`cannot write unit ${unit}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /** Deletes a file and its mark; there may be neither. */
  async remove(unit: UnitName): Promise<void> {
    try {
      const path = this.pathOf(unit);
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (found?.isDirectory() === true) rmSync(path, { recursive: true });
      else if (found !== undefined) unlinkSync(path);
    } catch (error) {
      throw new SystemdError(`cannot delete unit ${unit}: ${(error as Error).message}`, {
        cause: error,
      });
    }
    await this.marks.unmark(unit);
  }

  /** Puts the file of `unit` in `from` in the place of the one here. */
  copy(unit: UnitName, from: UnitDirectory): void {
    this.#copyFile(unit, from);
  }

  /** Takes over the files that go with the units; of two the newer one counts. */
  copyCompanions(from: UnitDirectory): void {
    for (const name of this.#companions) {
      const [theirs, mine] = [from, this].map(({ path }) => writtenMs(join(path, name)));
      if (theirs !== undefined && theirs > (mine ?? 0)) this.#copyFile(name, from);
    }
  }

  /**
   * Deletes `units` and all that fleet keeps beside them. What else is there stays, and the directory. They
   * are in use no more: what cannot be deleted is only warned about.
   */
  clear(units: readonly UnitName[]): void {
    try {
      for (const name of [...units, ...this.#companions, STAGING, OWNER_FILE]) {
        rmSync(join(this.path, name), { recursive: true, force: true });
      }
      this.marks.delete();
    } catch (error) {
      this.#log.warn({ path: this.path, err: error }, "Cannot delete files that have moved");
    }
  }

  #copyFile(name: string, from: UnitDirectory): void {
    try {
      const staged = join(this.path, STAGING, name);
      copyFileSync(join(from.path, name), staged);
      renameSync(staged, join(this.path, name));
    } catch (error) {
      throw new SystemdError(`cannot move ${name}: ${(error as Error).message}`, { cause: error });
    }
  }

  async #hash(unit: UnitName): Promise<UnitHash | undefined> {
    const file = await this.parse(unit);
    return file && unitHash(file);
  }

  #recognise(entry: string): UnitName | undefined {
    try {
      return parseUnitName(entry);
    } catch (error) {
      if (!(error instanceof UnitNameError)) throw error;
      this.#warnOnce(entry, error, "ignoring a file that is no unit file");
      return undefined;
    }
  }

  #warnOnce(entry: string, error: unknown, message: string): void {
    const reason = messageOf(error);
    const key = `${entry}\n${reason}`;
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#log.warn({ unit: entry, path: join(this.path, entry), reason }, message);
  }
}

function writtenMs(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function whyUnusable({ code, message }: NodeJS.ErrnoException): string {
  const isForbidden = code === "EACCES" || code === "EPERM";
  return isForbidden ? "it and all in it must belong to the user that fleetd runs as" : message;
}
