import { existsSync, readdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { SystemdError, type UnitName } from "@fleet/core";

/** Marks lie in a directory of the boot they belong to: one empty file a unit. */
const MARKS_PREFIX = ".launched-";

/**
 * Which units fleet has launched since the machine booted. Marks end with the boot also where the
 * directory that they lie in does not.
 */
export class LaunchMarks {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Also clears the marks of earlier boots. */
  static async open(unitDirectory: string, bootId: string): Promise<LaunchMarks> {
    const ours = MARKS_PREFIX + bootId;
    for (const entry of await readdir(unitDirectory)) {
      if (!entry.startsWith(MARKS_PREFIX) || entry === ours) continue;
      await rm(join(unitDirectory, entry), { recursive: true, force: true });
    }
    const path = join(unitDirectory, ours);
    await mkdir(path, { recursive: true, mode: 0o755 });
    return new LaunchMarks(path);
  }

  async names(): Promise<ReadonlySet<string>> {
    return new Set(await readdir(this.#path));
  }

  /** Returns whether that is news. */
  async mark(unit: UnitName): Promise<boolean> {
    try {
      const path = join(this.#path, unit);
      if (existsSync(path)) return false;
      writeFileSync(path, "");
      return true;
    } catch (error) {
      throw cannotMark(unit, error);
    }
  }

  async unmark(unit: UnitName): Promise<void> {
    const path = join(this.#path, unit);
    if (existsSync(path)) unlinkSync(path);
  }

  /** Takes over the marks that are in `from`. */
  copy(from: LaunchMarks): void {
    for (const unit of readdirSync(from.#path)) {
      try {
        writeFileSync(join(this.#path, unit), "");
      } catch (error) {
        throw cannotMark(unit, error);
      }
    }
  }

  /** Nothing is marked here any more. */
  delete(): void {
    rmSync(this.#path, { recursive: true, force: true });
  }
}

function cannotMark(unit: string, error: unknown): SystemdError {
  return new SystemdError(`cannot mark unit ${unit}: ${(error as Error).message}`, {
    cause: error,
  });
}
