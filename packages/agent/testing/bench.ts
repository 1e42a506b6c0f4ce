import {
  normaliseUnitFile,
  serialiseUnitFile,
  silentLogger,
  SystemdError,
  unitHash,
  type UnitFile,
  type UnitHash,
  type UnitName,
} from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import type { ScheduleChange, ScheduleEntry, ScheduleSink } from "@fleet/registry";
import type { UnitManager } from "@fleet/systemd";
import { MemorySystemd, MemoryUnitManager } from "@fleet/systemd/memory";
import { Reconciler } from "../src/run/reconciler.ts";
import { WorkList } from "../src/plan/work-list.ts";

/** A unit file whose text says which unit and version it is. */
export function fileOf(unit: string, version = "v1"): UnitFile {
  const value = `/bin/${unit}-${version}`;
  return normaliseUnitFile([{ section: "Service", name: "ExecStart", value }]);
}

export function loaded(unit: UnitName, version = "v1"): ScheduleEntry {
  return { unit, hash: unitHash(fileOf(unit, version)), targetState: "loaded" };
}

export function launched(unit: UnitName, version = "v1"): ScheduleEntry {
  return { unit, hash: unitHash(fileOf(unit, version)), targetState: "launched" };
}

/** A reconciler on the twin of systemd, with a work list that the test writes by hand. */
export class Bench {
  readonly clock = new ManualClock();
  readonly systemd = new MemorySystemd(this.clock);
  readonly manager = new MemoryUnitManager({ clock: this.clock, systemd: this.systemd });
  /** Files that are served besides v1 and v2 of every unit. */
  readonly files = new Map<UnitHash, UnitFile>();
  fileFailure: Error | undefined;
  /** How long the twins take for what they otherwise do at once. */
  readonly delayMs = { installed: 0, install: 0, remove: 0, files: 0 };
  /** Units that systemd refuses to remove. */
  readonly unremovable = new Set<UnitName>();
  present = true;
  /** Requests to systemd that change something, oldest first. */
  readonly calls: string[] = [];
  /** Called when a task ends, before it is noted. */
  beforeTask: (unit: UnitName) => void = () => {};
  /** How often the machine was read. */
  reads = 0;
  /** Tasks that succeeded, oldest first. */
  readonly done: string[] = [];
  /** How long jobs and starts took, in the order of their ends: `start job 30`, `started 45` (milliseconds). */
  readonly paces: string[] = [];
  /** When tasks failed. */
  readonly failedAtMs: number[] = [];
  readonly reconciler: Reconciler;
  readonly #workList: WorkList;
  readonly #stop = new AbortController();
  readonly #units = new Set<UnitName>();
  #view: ScheduleSink | undefined;
  #running: Promise<Error | undefined> | undefined;

  constructor() {
    this.#workList = new WorkList(
      {
        onChange: (units) => this.reconciler.wishesChanged(units),
        onFresh: () => this.reconciler.listIsFresh(),
      },
      silentLogger,
    );
    this.reconciler = new Reconciler({
      units: this.#recorded(),
      files: {
        unitFiles: async (hashes, signal) => {
          await this.#delay(this.delayMs.files, signal);
          return this.#serve(hashes);
        },
      },
      wishes: this.#workList,
      present: () => this.present,
      clock: this.clock,
      log: silentLogger,
      onTask: (task, error) => {
        this.beforeTask(task.unit);
        if (error === undefined) this.done.push(`${task.kind} ${task.unit}`);
        else this.failedAtMs.push(this.clock.monotonicMs());
      },
      onJob: (kind, durationMs) => void this.paces.push(`${kind} job ${durationMs}`),
      onStarted: (sinceWishMs) => void this.paces.push(`started ${sinceWishMs}`),
      onChanged: () => {},
    });
  }

  get view(): ScheduleSink {
    if (this.#view === undefined) throw new Error("begin first");
    return this.#view;
  }

  /** Puts units on the machine as an earlier daemon left them. */
  async install(...entries: readonly ScheduleEntry[]): Promise<void> {
    const { signal } = this.#stop;
    for (const { unit, hash, targetState } of entries) {
      const text = serialiseUnitFile(fileOf(unit));
      await this.manager.install([{ unit, hash, text, enable: false }], signal);
      if (targetState === "launched") await this.manager.start(unit, signal);
    }
  }

  run(): void {
    this.#running ??= this.reconciler.run(this.#stop.signal).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
  }

  /** Runs with a fresh list of these entries. */
  begin(...entries: readonly ScheduleEntry[]): void {
    for (const { unit } of entries) this.#units.add(unit);
    this.#view = this.#workList.newView();
    this.#view.snapshot(entries, []);
    this.run();
  }

  wish(...changes: readonly ScheduleChange[]): void {
    for (const { unit } of changes) this.#units.add(unit);
    this.view.changes(changes);
  }

  /** Moves time until `probe` holds; "settled": every unit is as wished and without error. */
  async until(what: string, probe = () => this.#isSettled(), withinMs = 60_000): Promise<void> {
    await this.clock.until(what, probe, withinMs);
  }

  /** Resolves when the reconciler has ended, with what it threw if it did. */
  async ended(): Promise<Error | undefined> {
    const error = await this.#running;
    this.#running = undefined;
    return error;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    const error = await this.ended();
    if (error !== undefined) throw error;
    await this.manager.close();
  }

  /** What happened to processes, e.g. `start a.service`. */
  journal(): readonly string[] {
    return this.systemd.journal.map(({ kind, unit }) => `${kind} ${unit}`);
  }

  runs(unit: UnitName): boolean {
    return this.systemd.stateOf(unit).activeState === "active";
  }

  has(unit: UnitName, version: string): boolean {
    return this.systemd.files.get(unit)?.includes(version) === true;
  }

  error(unit: UnitName): string | undefined {
    const report = this.reconciler.report(unit);
    if (report.kind === "missing") return report.error;
    return report.kind === "installed" ? (report.error ?? report.jobError) : undefined;
  }

  isLaunched(unit: UnitName): boolean {
    const report = this.reconciler.report(unit);
    return report.kind === "installed" && report.launched;
  }

  #isSettled(): boolean {
    return [...this.#units, ...this.systemd.files.keys()].every((unit) => {
      const wish = this.#workList.wish(unit);
      if (wish === undefined || wish === "frozen") return !this.systemd.files.has(unit);
      const report = this.reconciler.report(unit);
      if (report.kind !== "installed" || report.hash !== wish.hash) return false;
      const { activeState } = this.systemd.stateOf(unit);
      const isRestless = activeState === "activating" || activeState === "deactivating";
      const isLevel = report.launched === (wish.targetState === "launched");
      return isLevel && !isRestless && report.error === undefined;
    });
  }

  #serve(hashes: readonly UnitHash[]): ReadonlyMap<UnitHash, UnitFile> {
    if (this.fileFailure !== undefined) throw this.fileFailure;
    const stored = new Map(this.files);
    for (const unit of this.#units) {
      for (const version of ["v1", "v2"]) {
        const file = fileOf(unit, version);
        stored.set(unitHash(file), file);
      }
    }
    return new Map([...stored].filter(([hash]) => hashes.includes(hash)));
  }

  async #delay(ms: number, signal: AbortSignal): Promise<void> {
    if (ms > 0) await this.clock.sleep(ms, signal);
  }

  #recorded(): Pick<UnitManager, "install" | "remove" | "start" | "stop" | "installed"> {
    const { manager, calls } = this;
    return {
      installed: async (signal) => {
        this.reads += 1;
        const installed = await manager.installed(signal);
        await this.#delay(this.delayMs.installed, signal);
        return installed;
      },
      install: async (files, signal) => {
        calls.push(`install ${files.map(({ unit }) => unit).join(" ")}`);
        await this.#delay(this.delayMs.install, signal);
        return manager.install(files, signal);
      },
      remove: async (units, signal) => {
        calls.push(`remove ${units.join(" ")}`);
        const refused = units.find((unit) => this.unremovable.has(unit));
        if (refused !== undefined) throw new SystemdError(`cannot remove ${refused}`);
        await this.#delay(this.delayMs.remove, signal);
        return manager.remove(units, signal);
      },
      start: (unit, signal) => {
        calls.push(`start ${unit}`);
        return manager.start(unit, signal);
      },
      stop: (unit, signal) => {
        calls.push(`stop ${unit}`);
        return manager.stop(unit, signal);
      },
    };
  }
}
