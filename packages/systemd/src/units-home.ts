import { type DirectoryLock, lockDirectory } from "./directory-lock.ts";
import { adoptFormerDirectories } from "./former-directories.ts";
import type { UnitFilesDeps } from "./install-units.ts";
import { moveUnits } from "./move-units.ts";
import { openForMove } from "./open-for-move.ts";
import type { UnitDirectory } from "./unit-directory.ts";

/** Opens a units directory, which it makes when it is missing. */
export type OpenDirectory = (path: string) => Promise<UnitDirectory>;

/** The directory in which units lie now. Other fleetds of the machine can tell that it is in use. */
export class UnitsHome {
  #directory: UnitDirectory;
  #lock: DirectoryLock | undefined;
  readonly #open: OpenDirectory;

  private constructor(
    directory: UnitDirectory,
    lock: DirectoryLock | undefined,
    open: OpenDirectory,
  ) {
    this.#directory = directory;
    this.#lock = lock;
    this.#open = open;
  }

  static async open(path: string, open: OpenDirectory): Promise<UnitsHome> {
    const directory = await open(path);
    return new UnitsHome(directory, await lockDirectory(directory.path), open);
  }

  get directory(): UnitDirectory {
    return this.#directory;
  }

  /** Files that move while they are read must not count as gone: they are then read again. */
  async read<Result>(read: (directory: UnitDirectory) => Promise<Result>): Promise<Result> {
    const directory = this.#directory;
    try {
      const result = await read(directory);
      if (directory === this.#directory) return result;
    } catch (error) {
      if (directory === this.#directory) throw error;
    }
    return this.read(read);
  }

  /** Takes along what an earlier process left in another directory. Nothing else may change files or links meanwhile. */
  async adoptFormer(deps: UnitFilesDeps, signal: AbortSignal): Promise<void> {
    await adoptFormerDirectories(deps, this.#open, signal);
  }

  /**
   * Moves all units to another directory, or changes nothing. Nothing else may change files or links meanwhile.
   * @throws {SystemdError}
   */
  async moveTo(path: string, deps: UnitFilesDeps, signal: AbortSignal): Promise<void> {
    const from = this.#directory;
    const to = await openForMove(path, from, this.#open);
    if (to === undefined) return;
    try {
      const switched = (): void => void (this.#directory = to.directory);
      await moveUnits(from, { ...deps, directory: to.directory }, switched, signal);
    } catch (error) {
      await to.lock.release();
      throw error;
    }
    await this.#lock?.release();
    this.#lock = to.lock;
  }

  async close(): Promise<void> {
    await this.#lock?.release();
  }
}
