import {
  type Clock,
  parseUnitFile,
  SystemdError,
  type UnitFile,
  UnitFileError,
  unitHash,
  type UnitHash,
  type UnitName,
  untilAborted,
} from "@fleet/core";

import { orAborted } from "../abort.ts";
import { ChangeCollector } from "../change-collector.ts";
import { foreignUnitError } from "../foreign-unit.ts";
import type {
  FileToInstall,
  InstalledUnit,
  InstallResult,
  JobResult,
  SystemdState,
  UnitManager,
  UnitManagerSink,
} from "../unit-manager.ts";
import { MemorySystemd } from "./memory-systemd.ts";

export interface MemoryUnitManagerOptions {
  readonly clock: Clock;
  /** The systemd to connect to. Absent: one of its own, with nothing in it. */
  readonly systemd?: MemorySystemd;
}

/**
 * The unit manager's twin: a connection to a {@link MemorySystemd}, which is where tests say how
 * units behave and read what happened. Passes the same contract as the real one.
 */
export class MemoryUnitManager implements UnitManager {
  readonly systemd: MemorySystemd;
  readonly #clock: Clock;
  readonly #closed = new AbortController();

  constructor(options: MemoryUnitManagerOptions) {
    this.#clock = options.clock;
    this.systemd = options.systemd ?? new MemorySystemd(options.clock);
  }

  async installed(signal: AbortSignal): Promise<readonly InstalledUnit[]> {
    this.#enter(signal, "list units");
    const names = [...this.systemd.files.keys()].toSorted(byName);
    return names.map((unit) => ({
      unit,
      hash: hashOf(this.systemd.files.get(unit) ?? ""),
      launched: this.systemd.launched.has(unit),
    }));
  }

  async file(unit: UnitName, signal: AbortSignal): Promise<UnitFile | undefined> {
    this.#enter(signal, `read ${unit}`);
    const text = this.systemd.files.get(unit);
    return text === undefined ? undefined : parsed(text);
  }

  async install(
    files: readonly FileToInstall[],
    signal: AbortSignal,
  ): Promise<readonly InstallResult[]> {
    this.#enter(signal, "install units");
    const results = files.map((file) => this.#installOne(file));
    if (results.some(({ reload }) => reload)) this.systemd.reloads += 1;
    return results.map(({ result }) => result);
  }

  async remove(units: readonly UnitName[], signal: AbortSignal): Promise<void> {
    this.#enter(signal, "remove units");
    for (const unit of units) {
      if (!this.systemd.files.delete(unit)) continue;
      this.systemd.launched.delete(unit);
      this.systemd.enabled.delete(unit);
      this.systemd.unit(unit).reset();
    }
  }

  async start(unit: UnitName, signal: AbortSignal): Promise<JobResult> {
    this.#enter(signal, `start ${unit}`);
    if (!this.systemd.knows(unit)) {
      throw new SystemdError(`cannot start ${unit}: Unit ${unit} not found.`);
    }
    if (this.systemd.behaviourOf(unit).start === "refused") {
      throw new SystemdError(`cannot start ${unit}: Unit ${unit} has a bad unit file setting.`);
    }
    this.systemd.launched.add(unit);
    return this.#during(this.systemd.unit(unit).start(), signal);
  }

  async stop(unit: UnitName, signal: AbortSignal): Promise<JobResult> {
    this.#enter(signal, `stop ${unit}`);
    const result = await this.#during(this.systemd.unit(unit).stop(), signal);
    if (result !== "canceled") this.systemd.launched.delete(unit);
    return result;
  }

  async states(
    units: readonly UnitName[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<UnitName, SystemdState>> {
    this.#enter(signal, "read states");
    return new Map(units.map((unit) => [unit, this.systemd.stateOf(unit)]));
  }

  async watch(sink: UnitManagerSink, signal: AbortSignal): Promise<void> {
    if (this.#closed.signal.aborted) throw new SystemdError("the unit manager is closed");
    const ended = AbortSignal.any([signal, this.#closed.signal]);
    const changes = new ChangeCollector(this.#clock, (units) => sink.onChange(units), ended);
    const deaf = this.systemd.listen({
      changed: (unit) => {
        if (this.systemd.reachable && this.systemd.files.has(unit)) changes.add(unit);
      },
      reachable: (reachable) => {
        sink.live(reachable);
        if (reachable) sink.onResync();
      },
    });
    sink.live(this.systemd.reachable);
    await untilAborted(ended);
    deaf();
  }

  /** What still waits for a job is refused; the job goes on. */
  async close(): Promise<void> {
    this.#closed.abort(new SystemdError("the unit manager is closed"));
  }

  #installOne(file: FileToInstall): { readonly result: InstallResult; readonly reload: boolean } {
    const { unit, text, enable } = file;
    const foreign = this.systemd.foreignPath(unit);
    if (foreign !== undefined) {
      return { result: { unit, ok: false, error: foreignUnitError(unit, foreign) }, reload: false };
    }
    const changed = this.systemd.files.get(unit) !== text;
    const isUp = this.systemd.stateOf(unit).activeState !== "inactive";
    const newlyEnabled = enable && (changed || !this.systemd.enabled.has(unit));
    this.systemd.files.set(unit, text);
    if (enable) this.systemd.enabled.add(unit);
    else this.systemd.enabled.delete(unit);
    return { result: { unit, ok: true }, reload: newlyEnabled || (changed && isUp) };
  }

  #enter(signal: AbortSignal, operation: string): void {
    signal.throwIfAborted();
    this.#closed.signal.throwIfAborted();
    if (!this.systemd.reachable) {
      throw new SystemdError(`cannot ${operation}: systemd cannot be reached`);
    }
  }

  async #during<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    return orAborted(work, AbortSignal.any([signal, this.#closed.signal]));
  }
}

function hashOf(text: string): UnitHash | undefined {
  const file = parsed(text);
  return file && unitHash(file);
}

function parsed(text: string): UnitFile | undefined {
  try {
    return parseUnitFile(text);
  } catch (error) {
    if (error instanceof UnitFileError) return undefined;
    throw error;
  }
}

function byName(one: string, other: string): number {
  return one < other ? -1 : 1;
}
