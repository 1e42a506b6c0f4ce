import type { Clock, UnitName } from "@fleet/core";

import type { SystemdState } from "../unit-manager.ts";
import type { JournalEntry, UnitBehaviour } from "./behaviour.ts";
import { MemoryUnit } from "./memory-unit.ts";

/** What a unit manager is told by the systemd it is connected to. */
export interface MemoryListener {
  changed(unit: UnitName): void;
  reachable(reachable: boolean): void;
}

/**
 * One machine's systemd and its units directory, without a machine: what outlives every
 * `MemoryUnitManager` that is opened on it. Equal calls at equal times give equal results.
 */
export class MemorySystemd {
  /** What happened to units' processes, oldest first. */
  readonly journal: JournalEntry[] = [];
  /** The units directory: a file's text by its name. */
  readonly files = new Map<UnitName, string>();
  /** The units that fleet has launched since the machine booted. */
  readonly launched = new Set<UnitName>();
  readonly enabled = new Set<UnitName>();
  /** How many times systemd was told to reload. */
  reloads = 0;

  readonly #clock: Clock;
  readonly #units = new Map<string, MemoryUnit>();
  readonly #foreign = new Map<string, string>();
  readonly #behaviours = new Map<string, UnitBehaviour>();
  readonly #listeners = new Set<MemoryListener>();
  #reachable = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get reachable(): boolean {
    return this.#reachable;
  }

  /** Says how `unit` behaves from its next start or stop on. */
  behave(unit: string, behaviour: UnitBehaviour): void {
    this.#behaviours.set(unit, behaviour);
  }

  /** Makes `unit` one of the machine's own. */
  addForeign(unit: string, path = `/etc/systemd/system/${unit}`): void {
    this.#foreign.set(unit, path);
  }

  foreignPath(unit: string): string | undefined {
    return this.#foreign.get(unit);
  }

  /** The unit's processes die by themselves; nothing happens when it does not run. */
  crash(unit: string): void {
    this.unit(unit as UnitName).crash();
  }

  /** The connection breaks (false) or is there again (true). */
  setReachable(reachable: boolean): void {
    if (this.#reachable === reachable) return;
    this.#reachable = reachable;
    for (const listener of this.#listeners) listener.reachable(reachable);
  }

  /**
   * The machine restarts: nothing runs, and what lay under `/run` (files, marks, links) is gone.
   * With `keepFiles` the units directory is one that survives; the marks never do.
   */
  reboot(options: { readonly keepFiles: boolean } = { keepFiles: false }): void {
    for (const unit of this.#units.values()) unit.powerOff();
    this.#units.clear();
    this.launched.clear();
    this.enabled.clear();
    if (!options.keepFiles) this.files.clear();
  }

  unit(name: UnitName): MemoryUnit {
    const known = this.#units.get(name);
    if (known !== undefined) return known;
    const unit = new MemoryUnit(name, {
      clock: this.#clock,
      behaviour: () => this.behaviourOf(name),
      changed: () => this.#changed(name),
      note: (kind) => void this.journal.push({ atMs: this.#clock.monotonicMs(), unit: name, kind }),
    });
    this.#units.set(name, unit);
    return unit;
  }

  behaviourOf(unit: string): UnitBehaviour {
    return this.#behaviours.get(unit) ?? {};
  }

  /** Whether systemd can find the unit's file. */
  knows(unit: UnitName): boolean {
    return this.files.has(unit) || this.#foreign.has(unit);
  }

  stateOf(unit: UnitName): SystemdState {
    const { activeState, subState, run } = this.#units.get(unit) ?? NOT_RUNNING;
    return { loadState: this.knows(unit) ? "loaded" : "not-found", activeState, subState, ...run };
  }

  /** Tells `listener` of every change until the returned function is called. */
  listen(listener: MemoryListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #changed(unit: UnitName): void {
    for (const listener of this.#listeners) listener.changed(unit);
  }
}

const NOT_RUNNING = { activeState: "inactive", subState: "dead", run: {} };
