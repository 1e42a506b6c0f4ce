import type { MemoryEtcd } from "@fleet/registry/memory";

import { PREFIX } from "./simulated-machine.ts";

const FOLDER = `${PREFIX}schedule/`;

export interface Entry {
  readonly hash: string;
  readonly targetState: "loaded" | "launched";
  /** The unit moved away, and may still run here. */
  readonly leaving?: boolean;
  /** It is loaded and not started yet. */
  readonly arriving?: string;
}

interface Moment {
  readonly atMs: number;
  readonly entry: Entry | undefined;
  /** The machines that the unit was placed on otherwise, from then on. */
  readonly elsewhere: ReadonlySet<string>;
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
          const changes = events.map((event) => {
            const key = event.kind === "put" ? event.item.key : event.key;
            const [machine = "", unit = ""] = key.slice(FOLDER.length).split("/");
            const value = event.kind === "put" ? event.item.value : undefined;
            return { machine, unit, entry: value && (JSON.parse(value) as Entry) };
          });
          for (const { machine, unit, entry } of changes)
            this.#place(machine, unit, entry || undefined);
          for (const { machine, unit, entry } of changes)
            this.#note(machine, unit, entry || undefined);
          for (const { unit } of changes) onPlaces(unit, this.placesOf(unit));
        },
      },
      new AbortController().signal,
    );
  }

  placesOf(unit: string): ReadonlySet<string> {
    return this.#placesOf.get(unit) ?? new Set();
  }

  /** Units that have moved away from a machine and are still on its list. */
  leaving(machine: string): readonly string[] {
    return [...this.#moments]
      .filter(([key, moments]) => {
        return key.startsWith(`${machine}/`) && moments.at(-1)?.entry?.leaving === true;
      })
      .map(([key]) => key.slice(machine.length + 1));
  }

  /** The units that are placed on a machine now, with what they are to be. */
  listOf(machine: string): ReadonlyMap<string, Entry> {
    const list = new Map<string, Entry>();
    for (const [key, moments] of this.#moments) {
      const [of, unit = ""] = key.split("/");
      const entry = moments.at(-1)?.entry;
      if (of === machine && entry !== undefined && entry.leaving !== true) list.set(unit, entry);
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

  /** When a machine was last told to give a unit up that runs there, and where else it was to be. */
  givenUp(machine: string, unit: string): Pick<Moment, "atMs" | "elsewhere"> | undefined {
    const moments = this.#moments.get(`${machine}/${unit}`) ?? [];
    const isKept = ({ entry }: Moment): boolean => entry?.targetState === "launched";
    const last = moments.findLastIndex(isKept);
    return moments[last + 1];
  }

  #place(machine: string, unit: string, entry: Entry | undefined): void {
    const places = new Set(this.placesOf(unit));
    if (entry === undefined || entry.leaving === true) places.delete(machine);
    else places.add(machine);
    this.#placesOf.set(unit, places);
  }

  #note(machine: string, unit: string, entry: Entry | undefined): void {
    const key = `${machine}/${unit}`;
    const elsewhere = new Set(this.placesOf(unit));
    elsewhere.delete(machine);
    const moments = this.#moments.get(key) ?? [];
    moments.push({ atMs: this.#nowMs(), entry, elsewhere });
    this.#moments.set(key, moments);
  }
}
