import { effectiveMetadata, shortMachineId, type Machine, type MachineId } from "@fleet/core";
import type { LeaseId, LeaseTime } from "@fleet/registry";
import type { AbsenceBook, Judgement } from "./absence-book.ts";
import type { Absence, Standing } from "./absence.ts";

const NO_METADATA: ReadonlyMap<string, string> = new Map();

/** The machines of the cluster: those present, and those that something is still kept for. */
export class MachineBook {
  readonly absences: AbsenceBook;
  readonly #present = new Map<MachineId, Machine>();
  /** Those that present machines hang on, as far as their records have told. */
  readonly #leases = new Map<MachineId, LeaseId>();
  /** Since when; also of machines that are present, until they say that they are. */
  readonly #departed = new Map<MachineId, number>();
  /** Those of them that left by themselves. */
  readonly #left = new Set<MachineId>();
  readonly #dynamic = new Map<MachineId, Map<string, string>>();
  readonly #byShortId = new Map<string, Set<MachineId>>();

  constructor(absences: AbsenceBook) {
    this.absences = absences;
  }

  present(): Iterable<MachineId> {
    return this.#present.keys();
  }

  isPresent(id: MachineId): boolean {
    return this.#present.has(id);
  }

  /** It left by itself or was given up. */
  isDeparted(id: MachineId): boolean {
    return this.#departed.has(id) && !this.#present.has(id);
  }

  /** It left by itself: nothing of it runs any more. */
  hasLeft(id: MachineId): boolean {
    return this.#left.has(id) && !this.#present.has(id);
  }

  /** For a unit with that `MoveAfter=`, or for one without. */
  standing(id: MachineId, moveAfterMs?: number): Standing {
    return this.#present.has(id) ? "present" : this.absences.standing(id, moveAfterMs);
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

  set(machine: Machine, lease: LeaseId | undefined): void {
    const { id } = machine;
    this.#present.set(id, machine);
    // A record without one is not the machine's own: it will write it again, under the one of before.
    if (lease !== undefined) this.#leases.set(id, lease);
    this.absences.end(id);
    const short = shortMachineId(id);
    const ids = this.#byShortId.get(short);
    if (ids === undefined) this.#byShortId.set(short, new Set([id]));
    else ids.add(id);
  }

  remove(id: MachineId, nowMs: number): void {
    const wasPresent = this.#present.delete(id);
    const short = shortMachineId(id);
    const ids = this.#byShortId.get(short);
    if (ids?.delete(id) && ids.size === 0) this.#byShortId.delete(short);
    const sinceMs = wasPresent ? nowMs : (this.absences.get(id)?.sinceMs ?? nowMs);
    const lease = this.#leases.get(id);
    this.#leases.delete(id);
    this.#setAway(id, { sinceMs, unreadable: false, isLoss: wasPresent, lease });
  }

  /** Its record cannot be read. What was known of a present machine stays in force. */
  setUnreadable(id: MachineId, nowMs: number): void {
    if (this.#present.has(id)) return;
    this.#setAway(id, { sinceMs: nowMs, unreadable: true, isLoss: false });
  }

  /** Starts to count the absence of a machine, unless it is present or that has begun. */
  noteAway(id: MachineId, nowMs: number, isLoss: boolean): void {
    if (this.#present.has(id)) return;
    const known = this.absences.get(id) ?? { sinceMs: nowMs, unreadable: false, isLoss };
    this.#setAway(id, { ...known, isLoss: known.isLoss || isLoss });
  }

  /** It left by itself or was given up at that time. */
  setDeparted(id: MachineId, sinceMs: number, nowMs: number, hasLeft = false): void {
    this.#departed.set(id, sinceMs);
    if (hasLeft) this.#left.add(id);
    else this.#left.delete(id);
    this.noteAway(id, nowMs, false);
  }

  /** It is announced again, or what was kept of it is collected: if it is away, that begins anew. */
  endDeparture(id: MachineId, nowMs: number): void {
    this.#departed.delete(id);
    this.#left.delete(id);
    const absence = this.absences.get(id);
    if (absence !== undefined) this.#setAway(id, { ...absence, sinceMs: nowMs, isLoss: false });
  }

  /** Nothing is placed on it: when it is away, no loss, and nothing else is kept of it, there is no such machine. */
  dropIfUnknown(id: MachineId): void {
    const isKept = this.#departed.has(id) || this.#dynamic.has(id);
    if (!isKept && this.absences.get(id)?.isLoss === false) this.absences.end(id);
  }

  setDynamic(id: MachineId, key: string, value: string | undefined): void {
    const values = this.#dynamic.get(id) ?? new Map<string, string>();
    if (value === undefined) values.delete(key);
    else values.set(key, value);
    if (values.size === 0) this.#dynamic.delete(id);
    else this.#dynamic.set(id, values);
  }

  /** Machines long gone that something is still kept of. */
  forgotten(): readonly MachineId[] {
    const kept = [...this.#dynamic.keys(), ...this.#departed.keys()];
    return [...new Set(kept)].filter((id) => this.standing(id) === "forgotten");
  }

  /** The leases whose times are to be read before {@link judge}, each with the machine that hangs on it, or did. */
  toAsk(nowMs: number): ReadonlyMap<LeaseId, MachineId> {
    const asked = new Map<LeaseId, MachineId>();
    for (const id of this.absences.toAsk(this.#present.keys(), nowMs)) {
      const lease = this.#leases.get(id) ?? this.absences.get(id)?.lease;
      if (lease !== undefined) asked.set(lease, id);
    }
    return asked;
  }

  /** Takes in what the registry said of them at this time; one that has ended is missing. */
  heard(
    asked: ReadonlyMap<LeaseId, MachineId>,
    times: ReadonlyMap<LeaseId, LeaseTime>,
    nowMs: number,
  ): void {
    for (const [lease, id] of asked) this.absences.heard(id, times.get(lease), nowMs);
  }

  /** Judges every absence anew at this time; where that has changed what one means. */
  judge(nowMs: number): readonly Judgement[] {
    return this.absences.judge(this.#present, nowMs);
  }

  #setAway(id: MachineId, absence: Absence): void {
    const { departedSinceMs: _, ...rest } = absence;
    const since = this.#departed.get(id);
    this.absences.set(id, since === undefined ? rest : { ...rest, departedSinceMs: since });
  }
}
