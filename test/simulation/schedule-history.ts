import type { MemoryEtcd } from "@fleet/registry/memory";

import { PREFIX } from "./simulated-machine.ts";

const FOLDER = `${PREFIX}schedule/`;

export interface Entry {
  readonly hash: string;
  readonly targetState: "loaded" | "launched";
}

interface Moment {
  readonly atMs: number;
  readonly entry: Entry | undefined;
}

/** What every machine's work list has said and when, as etcd itself knows it. */
export class ScheduleHistory {
  readonly #moments = new Map<string, Moment[]>();
  readonly #placesOf = new Map<string, Set<string>>();
  readonly #nowMs: () => number;

  /** `onPlaces` hears after every revision on which machines a unit is that it changed. */
  constructor(
    etcd: MemoryEtcd,
    nowMs: () => number,
    onPlaces: (unit: string, machines: ReadonlySet<string>) => void,
  ) {
    this.#nowMs = nowMs;
    void etcd.watchers.watch(
      {
        start: FOLDER,
        end: `${FOLDER}~`,
        fromRevision: 1,
        onLive: () => {},
        onEvents: (events) => {
          const changed = new Set<string>();
          for (const event of events) {
            const key = event.kind === "put" ? event.item.key : event.key;
            const [machine = "", unit = ""] = key.slice(FOLDER.length).split("/");
            this.#note(machine, unit, event.kind === "put" ? event.item.value : undefined);
            changed.add(unit);
          }
          for (const unit of changed) onPlaces(unit, this.placesOf(unit));
        },
      },
      new AbortController().signal,
    );
  }

  placesOf(unit: string): ReadonlySet<string> {
    return this.#placesOf.get(unit) ?? new Set();
  }

  /** The units on a machine's list now, with what they are to be. */
  listOf(machine: string): ReadonlyMap<string, Entry> {
    const list = new Map<string, Entry>();
    for (const [key, moments] of this.#moments) {
      const [of, unit = ""] = key.split("/");
      const entry = moments.at(-1)?.entry;
      if (of === machine && entry !== undefined) list.set(unit, entry);
    }
    return list;
  }

  /** All that the list said of a unit at some time since `fromMs`. */
  since(machine: string, unit: string, fromMs: number): readonly (Entry | undefined)[] {
    const moments = this.#moments.get(`${machine}/${unit}`) ?? [];
    const before = moments.findLast(({ atMs }) => atMs < fromMs);
    const later = moments.filter(({ atMs }) => atMs >= fromMs);
    return [before?.entry, ...later.map(({ entry }) => entry)];
  }

  #note(machine: string, unit: string, value: string | undefined): void {
    const key = `${machine}/${unit}`;
    const entry = value === undefined ? undefined : (JSON.parse(value) as Entry);
    const moments = this.#moments.get(key) ?? [];
    moments.push({ atMs: this.#nowMs(), entry });
    this.#moments.set(key, moments);
    const places = this.#placesOf.get(unit) ?? new Set<string>();
    if (entry === undefined) places.delete(machine);
    else places.add(machine);
    this.#placesOf.set(unit, places);
  }
}
