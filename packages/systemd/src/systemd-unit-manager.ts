import { type Clock, type Logger, SystemdError, type UnitFile, type UnitName } from "@fleet/core";

import { orAborted } from "./abort.ts";
import type { BusSignal } from "./dbus/connection.ts";
import { DBusError, isInvalidArgs, isNoSuchUnit } from "./dbus/dbus-error.ts";
import { type Job, type JobKind, Jobs } from "./dbus/jobs.ts";
import { Manager } from "./dbus/manager.ts";
import { type OwnUnitJob, unitJobOfProcess } from "./dbus/own-unit-job.ts";
import { Session, type SessionListener } from "./dbus/session.ts";
import type { BusChoice } from "./dbus/endpoint.ts";
import { StateReader } from "./dbus/state-reader.ts";
import { UnitRuns } from "./dbus/unit-runs.ts";
import { UnitWatch } from "./dbus/unit-watch.ts";
import { claimDirectory } from "./claim-directory.ts";
import { installUnits, linkFiles, reload, type UnitFilesDeps } from "./install-units.ts";
import { removeUnits } from "./remove-units.ts";
import { Turns } from "./turns.ts";
import type { UnitDirectory } from "./unit-directory.ts";
import type {
  FileToInstall,
  InstalledUnit,
  InstallResult,
  JobResult,
  SystemdState,
  UnitManager,
  UnitManagerSink,
} from "./unit-manager.ts";
import { type OpenDirectory, UnitsHome } from "./units-home.ts";

/** The unit manager of a real machine. */
export interface SystemdUnitManager extends UnitManager {
  /**
   * What systemd is doing to the unit that this very process belongs to: a daemon that is told to
   * end can tell `systemctl stop` and a power-off (`stop`) from `systemctl restart` (`restart`) and
   * from a signal that somebody sent by hand (`none`).
   */
  ownUnitJob(signal: AbortSignal): Promise<OwnUnitJob>;
  /**
   * Keeps unit files in another directory from now on, made if it is missing: those that are
   * installed move there, and what runs does not notice. When this fails nothing has changed.
   * @throws {SystemdError} when that directory cannot be used or systemd cannot be told.
   */
  moveTo(directory: string, signal: AbortSignal): Promise<void>;
}

export interface SessionChoice {
  readonly bus: BusChoice;
  readonly clock: Clock;
  readonly log: Logger;
}

export class DBusUnitManager implements SystemdUnitManager, SessionListener {
  readonly #home: UnitsHome;
  readonly #session: Session;
  readonly #log: Logger;
  readonly #manager: Manager;
  readonly #jobs: Jobs;
  readonly #runs = new UnitRuns();
  readonly #states: StateReader;
  readonly #watch: UnitWatch;
  /** Units that systemd does not find although all was done for it, such as scopes: nothing is done for them again. */
  readonly #unfindable = new Set<UnitName>();
  /** Files and links change in one batch at a time. */
  readonly #turns = new Turns();

  private constructor(home: UnitsHome, session: Session, manager: Manager, choice: SessionChoice) {
    this.#home = home;
    this.#session = session;
    this.#log = choice.log;
    this.#manager = manager;
    this.#states = new StateReader(this.#manager, this.#runs);
    this.#jobs = new Jobs({ manager: this.#manager, clock: choice.clock, log: choice.log });
    const { clock, log } = choice;
    this.#watch = new UnitWatch({ manager: this.#manager, runs: this.#runs, clock, log });
  }

  /**
   * Where there is no systemd the directory is not opened, which would make it.
   * @throws {SystemdError} when systemd cannot be reached or the directory cannot be used.
   */
  static async open(
    path: string,
    openDirectory: OpenDirectory,
    choice: SessionChoice,
  ): Promise<DBusUnitManager> {
    let unitManager: DBusUnitManager | undefined;
    const listener: SessionListener = {
      onSignal: (signal) => unitManager?.onSignal(signal),
      onLive: (live) => unitManager?.onLive(live),
    };
    const session = await Session.open({ ...choice, listener });
    const { signal } = new AbortController(); // never aborts: every call has its own deadline
    try {
      const manager = new Manager(async (call, until) => session.call(call, until));
      await claimDirectory(path, await manager.searchPath(signal));
      const home = await UnitsHome.open(path, openDirectory);
      unitManager = new DBusUnitManager(home, session, manager, choice);
      await home.adoptFormer(unitManager.#files(), signal);
      for (const unit of await home.directory.names()) {
        unitManager.#watch.installed(unit);
        unitManager.#runs.missed(unit);
      }
      return unitManager;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  get directory(): UnitDirectory {
    return this.#home.directory;
  }

  async installed(signal: AbortSignal): Promise<readonly InstalledUnit[]> {
    signal.throwIfAborted();
    return this.#home.read((directory) => directory.list());
  }

  async file(unit: UnitName, signal: AbortSignal): Promise<UnitFile | undefined> {
    signal.throwIfAborted();
    return this.#home.read((directory) => directory.parse(unit));
  }

  async install(
    files: readonly FileToInstall[],
    signal: AbortSignal,
  ): Promise<readonly InstallResult[]> {
    return this.#turns.take(async () => {
      for (const { unit } of files) this.#watch.installed(unit);
      for (const { unit } of files) this.#unfindable.delete(unit);
      const results = await installUnits(files, this.#files(), signal);
      for (const { unit, ok } of results) {
        if (!ok && (await this.directory.read(unit)) === undefined) this.#watch.removed(unit);
      }
      return results;
    }, signal);
  }

  async remove(units: readonly UnitName[], signal: AbortSignal): Promise<void> {
    await this.#turns.take(async () => {
      await removeUnits(units, this.#files(), signal);
      for (const unit of units) this.#watch.removed(unit);
      for (const unit of units) this.#unfindable.delete(unit);
    }, signal);
  }

  async moveTo(path: string, signal: AbortSignal): Promise<void> {
    await this.#turns.take(() => this.#home.moveTo(path, this.#files(), signal), signal);
  }

  async start(unit: UnitName, signal: AbortSignal): Promise<JobResult> {
    try {
      return await (await this.#requestStart(unit, signal)).result(signal);
    } catch (error) {
      if (!isNoSuchUnit(error) || this.#unfindable.has(unit) || !this.directory.has(unit)) {
        throw this.#refused("start", unit, error);
      }
    }
    // Its file is there, so its link is gone, or too young for systemd to tell by the time stamp.
    await this.#relink(unit, signal);
    const job = await this.#requestStart(unit, signal).catch((error: unknown) => {
      if (isNoSuchUnit(error)) this.#unfindable.add(unit);
      throw this.#refused("start", unit, error);
    });
    return job.result(signal);
  }

  async stop(unit: UnitName, signal: AbortSignal): Promise<JobResult> {
    const result = await this.#stop(unit, signal);
    if (result !== "canceled") await this.directory.marks.unmark(unit);
    return result;
  }

  async states(
    units: readonly UnitName[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<UnitName, SystemdState>> {
    return this.#states.read(units, signal);
  }

  async watch(sink: UnitManagerSink, signal: AbortSignal): Promise<void> {
    await this.#watch.watch(sink, signal);
  }

  async ownUnitJob(signal: AbortSignal): Promise<OwnUnitJob> {
    return orAborted(unitJobOfProcess(process.pid, this.#manager, signal), signal);
  }

  async close(): Promise<void> {
    await this.#session.close();
    this.#jobs.close();
    await this.#home.close();
  }

  onSignal(signal: BusSignal): void {
    if (signal.member === "JobRemoved") {
      const [, path, , result] = signal.body as [number, string, string, JobResult];
      this.#jobs.onRemoved(path, result);
    }
    // Also the end of a re-execution, during which signals are lost.
    if (signal.member === "Reloading" && signal.body[0] === false) this.#jobs.checkAll();
    this.#watch.onSignal(signal);
  }

  onLive(live: boolean): void {
    if (live) this.#jobs.checkAll();
    this.#watch.onLive(live);
  }

  #files(): UnitFilesDeps {
    return { directory: this.directory, manager: this.#manager, log: this.#log };
  }

  /** A unit that systemd does not take is not marked as launched. */
  async #requestStart(unit: UnitName, signal: AbortSignal): Promise<Job> {
    let isNews = false;
    const mark = async (): Promise<void> => {
      isNews = await this.directory.marks.mark(unit);
    };
    try {
      return await this.#jobs.request("start", unit, mark, signal);
    } catch (error) {
      if (isNews) await this.directory.marks.unmark(unit);
      throw error;
    }
  }

  async #relink(unit: UnitName, signal: AbortSignal): Promise<void> {
    await this.#turns.take(async () => {
      const failures = await linkFiles([unit], this.#files(), signal);
      for (const error of failures.values()) throw inWords(`cannot link ${unit}`, error);
      await reload(this.#files(), signal);
    }, signal);
  }

  async #stop(unit: UnitName, signal: AbortSignal): Promise<JobResult> {
    try {
      const job = await this.#jobs.request("stop", unit, async () => {}, signal);
      return await job.result(signal);
    } catch (error) {
      if (isNoSuchUnit(error) || isInvalidArgs(error)) return "done"; // a template never runs
      // Also of a unit that is down systemd refuses a stop when it has `RefuseManualStop=`.
      if (error instanceof DBusError && (await this.#manager.isDown(unit, signal))) return "done";
      throw this.#refused("stop", unit, error);
    }
  }

  /** What systemd answers to a start or stop that it does not take, in fleet's words in the log. */
  #refused(kind: JobKind, unit: UnitName, error: unknown): unknown {
    if (error instanceof DBusError) {
      const line = `Failed to trigger systemd unit ${unit} ${kind}: ${error.message}`;
      this.#log.error({ unit }, line);
    }
    return inWords(`cannot ${kind} ${unit}`, error);
  }
}

function inWords(what: string, error: unknown): unknown {
  if (!(error instanceof DBusError)) return error;
  return new SystemdError(`${what}: ${error.message}`, { cause: error });
}
