import type { Logger, UnitName } from "@fleet/core";
import type { ScheduleChange, ScheduleEntry, ScheduleSink, UnreadableEntry } from "@fleet/registry";

/** What the work list says of a unit; `frozen` when its entry cannot be read: leave it as it is. */
export type Wish = ScheduleEntry | "frozen" | undefined;

export interface WorkListEvents {
  /** The wishes for these units changed. */
  onChange(units: readonly UnitName[]): void;
  /** The list is complete and current (again): compare everything. */
  onFresh(): void;
}

/**
 * This machine's work list as last heard of. What it says is kept while the store is away, but it
 * counts as fresh only between a complete snapshot and the next doubt.
 */
export class WorkList {
  readonly #events: WorkListEvents;
  readonly #log: Logger;
  readonly #wishes = new Map<UnitName, Exclude<Wish, undefined>>();
  #view: ScheduleSink | undefined;
  /** The current view has had its snapshot. */
  #complete = false;
  #live = false;

  constructor(events: WorkListEvents, log: Logger) {
    this.#events = events;
    this.#log = log;
  }

  get fresh(): boolean {
    return this.#complete && this.#live;
  }

  wish(unit: UnitName): Wish {
    return this.#wishes.get(unit);
  }

  units(): Iterable<UnitName> {
    return this.#wishes.keys();
  }

  /** Starts over: nothing is fresh until the new view has had its snapshot. */
  newView(): ScheduleSink {
    this.endView();
    const whileCurrent = (work: () => void): void => {
      if (this.#view === view) work();
    };
    const view: ScheduleSink = {
      snapshot: (entries, unreadable) => whileCurrent(() => this.#snapshot(entries, unreadable)),
      changes: (changes) => whileCurrent(() => this.#changes(changes)),
      live: (live) => whileCurrent(() => this.#setLive(live)),
    };
    this.#view = view;
    return view;
  }

  /** Nobody keeps the list current from now on. */
  endView(): void {
    this.#view = undefined;
    this.#complete = false;
    this.#live = false;
  }

  #snapshot(entries: readonly ScheduleEntry[], unreadable: readonly UnreadableEntry[]): void {
    const before = new Map(this.#wishes);
    this.#wishes.clear();
    for (const entry of entries) this.#wishes.set(entry.unit, entry);
    for (const entry of unreadable) this.#freeze(entry);
    const known = new Set([...before.keys(), ...this.#wishes.keys()]);
    const changed = [...known].filter((unit) => !equal(before.get(unit), this.wish(unit)));
    this.#complete = true;
    this.#live = true;
    this.#events.onChange(changed);
    this.#events.onFresh();
  }

  #changes(changes: readonly ScheduleChange[]): void {
    const changed: UnitName[] = [];
    for (const change of changes) {
      const before = this.wish(change.unit);
      if ("unreadable" in change) this.#freeze({ ...change.unreadable, unit: change.unit });
      else if (change.entry === undefined) this.#wishes.delete(change.unit);
      else this.#wishes.set(change.unit, change.entry);
      if (!equal(before, this.wish(change.unit))) changed.push(change.unit);
    }
    this.#events.onChange(changed);
  }

  #freeze(entry: UnreadableEntry): void {
    const facts = { unit: entry.unit, key: entry.key, problem: entry.problem };
    this.#log.error(facts, "work list entry cannot be read: unit is left as it is");
    if (entry.unit !== undefined) this.#wishes.set(entry.unit, "frozen");
  }

  #setLive(live: boolean): void {
    const before = this.fresh;
    this.#live = live;
    if (this.fresh && !before) this.#events.onFresh();
  }
}

function equal(one: Wish, other: Wish): boolean {
  if (one === undefined || other === undefined) return one === other;
  if (one === "frozen" || other === "frozen") return one === other;
  const isSameMove = JSON.stringify(one.move) === JSON.stringify(other.move);
  return one.hash === other.hash && one.targetState === other.targetState && isSameMove;
}
