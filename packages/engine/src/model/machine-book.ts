import { effectiveMetadata, shortMachineId, type Machine, type MachineId } from "@fleet/core";
import { standingOf, type Standing } from "./absence.ts";

/** A machine that is not present, since when that was seen (monotonic milliseconds). */
interface Away {
  readonly sinceMs: number;
  readonly unreadable: boolean;
  readonly standing: Standing;
}

const NO_METADATA: ReadonlyMap<string, string> = new Map();

/** The machines of the cluster: those present, and those that something is still kept for. */
export class MachineBook {
  readonly #present = new Map<MachineId, Machine>();
  readonly #away = new Map<MachineId, Away>();
  readonly #dynamic = new Map<MachineId, Map<string, string>>();
  readonly #byShortId = new Map<string, Set<MachineId>>();

  present(): Iterable<MachineId> {
    return this.#present.keys();
  }

  isPresent(id: MachineId): boolean {
    return this.#present.has(id);
  }

  standing(id: MachineId): Standing {
    return this.#present.has(id) ? "present" : (this.#away.get(id)?.standing ?? "gone");
  }

  /** The present machines that `MachineID=` may mean: by full ID or by its first characters. */
  called(text: string): readonly MachineId[] {
    const ids = new Set(this.#byShortId.get(text));
    if (this.#present.has(text as MachineId)) ids.add(text as MachineId);
    return [...ids];
  }

  /** Static metadata overridden by the dynamic keys; none for a machine that is away. */
  metadataOf(id: MachineId): ReadonlyMap<string, string> {
    const machine = this.#present.get(id);
    if (machine === undefined) return NO_METADATA;
    return effectiveMetadata(machine.metadata, this.#dynamic.get(id) ?? NO_METADATA);
  }

  set(machine: Machine): void {
    const { id } = machine;
    this.#present.set(id, machine);
    this.#away.delete(id);
    const short = shortMachineId(id);
    const ids = this.#byShortId.get(short);
    if (ids === undefined) this.#byShortId.set(short, new Set([id]));
    else ids.add(id);
  }

  remove(id: MachineId, nowMs: number): void {
    this.#present.delete(id);
    this.#away.delete(id);
    const short = shortMachineId(id);
    const ids = this.#byShortId.get(short);
    if (ids?.delete(id) && ids.size === 0) this.#byShortId.delete(short);
    this.noteAway(id, nowMs);
  }

  /** Its record cannot be read. What was known of a present machine stays in force. */
  setUnreadable(id: MachineId, nowMs: number): void {
    if (!this.#present.has(id)) this.#setAway(id, { sinceMs: nowMs, unreadable: true }, nowMs);
  }

  /** Starts to count the absence of a machine, unless it is present or that has begun. */
  noteAway(id: MachineId, nowMs: number): void {
    if (this.#present.has(id) || this.#away.has(id)) return;
    this.#setAway(id, { sinceMs: nowMs, unreadable: false }, nowMs);
  }

  setDynamic(id: MachineId, key: string, value: string | undefined): void {
    const values = this.#dynamic.get(id) ?? new Map<string, string>();
    if (value === undefined) values.delete(key);
    else values.set(key, value);
    if (values.size === 0) this.#dynamic.delete(id);
    else this.#dynamic.set(id, values);
  }

  /** Machines long gone that still have dynamic metadata. */
  forgotten(): readonly MachineId[] {
    return [...this.#dynamic.keys()].filter((id) => this.standing(id) === "forgotten");
  }

  /** Judges every absence anew at this time; the machines whose standing changed. */
  judge(nowMs: number): readonly MachineId[] {
    const changed: MachineId[] = [];
    for (const [id, away] of this.#away) {
      this.#setAway(id, away, nowMs);
      if (this.standing(id) !== away.standing) changed.push(id);
    }
    return changed;
  }

  #setAway(id: MachineId, away: Omit<Away, "standing">, nowMs: number): void {
    const { sinceMs, unreadable } = away;
    const standing = standingOf({ present: false, unreadable, absentMs: nowMs - sinceMs });
    this.#away.set(id, { sinceMs, unreadable, standing });
  }
}
