import { type Clock, type Logger, SystemdError, type UnitName, untilAborted } from "@fleet/core";

import { ChangeCollector } from "../change-collector.ts";
import type { UnitManagerSink } from "../unit-manager.ts";
import type { BusSignal } from "./connection.ts";
import type { Manager } from "./manager.ts";
import { unitObjectPath } from "./unit-path.ts";
import type { RunProperties, UnitRuns } from "./unit-runs.ts";

export interface UnitWatchDeps {
  readonly manager: Manager;
  readonly runs: UnitRuns;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Watcher {
  readonly sink: UnitManagerSink;
  readonly changes: ChangeCollector;
}

const PREFIX = "org.freedesktop.systemd1.";

/** Turns systemd's signals into reports about the units that fleet has installed. */
export class UnitWatch {
  readonly #deps: UnitWatchDeps;
  readonly #watchers = new Set<Watcher>();
  readonly #unitByPath = new Map<string, UnitName>();
  #isReloading = false;
  #isLive = true;

  constructor(deps: UnitWatchDeps) {
    this.#deps = deps;
  }

  installed(unit: UnitName): void {
    this.#unitByPath.set(unitObjectPath(unit), unit);
  }

  removed(unit: UnitName): void {
    this.#unitByPath.delete(unitObjectPath(unit));
    this.#deps.runs.forget(unit);
  }

  /** Reports to `sink` until `signal` aborts, beginning with whether systemd can be reached. */
  async watch(sink: UnitManagerSink, signal: AbortSignal): Promise<void> {
    const report = (units: readonly UnitName[]): void => sink.onChange(units);
    const watcher = { sink, changes: new ChangeCollector(this.#deps.clock, report, signal) };
    this.#watchers.add(watcher);
    sink.live(this.#isLive);
    await untilAborted(signal);
    this.#watchers.delete(watcher);
  }

  onLive(live: boolean): void {
    this.#isLive = live;
    this.#isReloading = false;
    if (live) this.#missAll();
    for (const { sink } of this.#watchers) {
      sink.live(live);
      if (live) sink.onResync();
    }
  }

  onSignal(signal: BusSignal): void {
    const { member, body, path } = signal;
    if (member === "PropertiesChanged") this.#propertiesChanged(path, body);
    if (member === "UnitNew" && !this.#isReloading) void this.#loaded(String(body[1]));
    if (member === "Reloading") this.#reloading(body[0] === true);
  }

  /** Signals were lost: what was known may be out of date. */
  #missAll(): void {
    const { runs } = this.#deps;
    for (const unit of this.#unitByPath.values()) {
      runs.forget(unit);
      runs.missed(unit);
    }
  }

  /** systemd announces the interface of a unit's type first, then what all units have. */
  #propertiesChanged(path: string, [owner, properties]: readonly unknown[]): void {
    const unit = this.#unitByPath.get(path);
    if (unit === undefined) return;
    const type = String(owner).slice(PREFIX.length);
    this.#deps.runs.take(unit, type, properties as RunProperties);
    if (type === "Unit") this.#changed(path);
  }

  /** During a reload every unit is announced anew; after it any may look different. */
  #reloading(isReloading: boolean): void {
    this.#isReloading = isReloading;
    if (isReloading) return;
    for (const path of this.#unitByPath.keys()) this.#changed(path);
  }

  /**
   * A unit that is loaded and up before systemd gets round to announcing it is announced and no
   * more. But reading the state of a unit that is down loads it too, just for the answer: that one
   * has left the memory again, and reporting it would make the reader read its state once more.
   */
  async #loaded(path: string): Promise<void> {
    const unit = this.#unitByPath.get(path);
    if (unit === undefined || this.#watchers.size === 0) return;
    try {
      const { signal } = new AbortController(); // never aborts: the call has its own deadline
      if ((await this.#deps.manager.unitPath(unit, signal)) === undefined) return;
      this.#deps.runs.missed(unit);
      this.#changed(path);
    } catch (error) {
      if (!(error instanceof SystemdError)) throw error;
      this.#deps.log.debug({ err: error, unit }, "cannot look at a unit that was loaded");
    }
  }

  #changed(path: string): void {
    const unit = this.#unitByPath.get(path);
    if (unit === undefined) return;
    for (const { changes } of this.#watchers) changes.add(unit);
  }
}
