import {
  candidateOf,
  LoadOrder,
  MachineLoad,
  NO_REQUIREMENTS,
  UnitIndex,
  type Candidate,
  type MachineId,
  type UnitName,
} from "@fleet/core";
import type {
  ClusterChange,
  ClusterSnapshot,
  Departure,
  LeavingUnit,
  ScheduleEntry,
  UnreadableEntry,
} from "@fleet/registry";
import { AbsenceBook } from "./absence-book.ts";
import { MOVES_AT_ONCE, type MovePolicy } from "./absence.ts";
import { markArrival, markDeparture } from "./affected.ts";
import { Arrivals } from "./arrivals.ts";
import { LeavingBook } from "./leaving-book.ts";
import { MachineBook } from "./machine-book.ts";
import { Dirty } from "./marks.ts";
import { MetadataIndex } from "./metadata-index.ts";
import { MoveAfters } from "./move-afters.ts";
import { isSameEntry, type Placed } from "./placed.ts";
import { UnitBook } from "./unit-book.ts";
import { UnreadableBook } from "./unreadable-book.ts";

const NOWHERE: ReadonlyMap<MachineId, Placed> = new Map();

/**
 * The cluster as the leader last heard of it, indexed for planning. Fed by one snapshot and then by
 * changes, each of which marks what it may affect. Times are monotonic milliseconds.
 */
export class Cluster {
  readonly units = new UnitBook();
  readonly machines: MachineBook;
  readonly unreadable = new UnreadableBook();
  readonly #epochMs: number;
  readonly #moveAfters = new MoveAfters();
  readonly leaving = new LeavingBook();
  readonly #order = new LoadOrder();
  readonly #fitting = new MetadataIndex();
  readonly #waiting = new UnitIndex();
  readonly #loads = new Map<MachineId, MachineLoad>();
  readonly #placements = new Map<UnitName, Map<MachineId, Placed>>();
  readonly #arrivals = new Arrivals();

  /** `epochMs`: what the wall clock says at monotonic 0. */
  constructor(
    snapshot: ClusterSnapshot,
    nowMs: number,
    policy: MovePolicy = MOVES_AT_ONCE,
    epochMs = 0,
  ) {
    this.#epochMs = epochMs;
    this.machines = new MachineBook(new AbsenceBook(policy, this.#moveAfters, nowMs));
    const dirty = new Dirty();
    for (const file of snapshot.files) this.units.setFile(file.hash, file);
    for (const unit of snapshot.units) this.units.setUnit(unit.name, unit);
    for (const unit of snapshot.units) this.#refreshUnit(unit.name, dirty);
    this.#takeMachines(snapshot, nowMs, dirty);
    for (const entry of snapshot.unreadable) this.#takeUnreadable(entry, nowMs, dirty);
    this.#takePlacements(snapshot, nowMs);
  }

  /** Non-global units that are wanted and have no place on a machine that is there. */
  get waiting(): Pick<UnitIndex, "get" | "has" | "candidates" | "conflictsOf" | "replacedBy"> {
    return this.#waiting;
  }

  /** The present machines, fewest units first. */
  get order(): Pick<LoadOrder, "first"> {
    return this.#order;
  }

  /** The present machines, by their metadata. */
  get fitting(): Pick<MetadataIndex, "withFirstOf"> {
    return this.#fitting;
  }

  /** A machine and what is placed on it; it need not be present. */
  loadOf(id: MachineId): MachineLoad {
    let load = this.#loads.get(id);
    if (load === undefined) {
      load = new MachineLoad(id, this.machines.metadataOf(id));
      this.#loads.set(id, load);
    }
    return load;
  }

  /** The units that are loaded where they are placed and not started yet, by name. */
  get arriving(): Iterable<UnitName> {
    return this.#arrivals.units;
  }

  placementsOf(name: UnitName): ReadonlyMap<MachineId, Placed> {
    return this.#placements.get(name) ?? NOWHERE;
  }

  /** Every unit that has an entry somewhere, also those that are no units any more. */
  placedNames(): Iterable<UnitName> {
    return this.#placements.keys();
  }

  /** How long the unit's machine may be silent, where its file says so: of one that is destroyed that of what it left. */
  moveAfterMs(name: UnitName): number | undefined {
    const known = this.units.candidate(name);
    return known === undefined ? this.leaving.moveAfterMs(name) : known.moveAfterMs;
  }

  /** Whether the unit has an entry on a machine that is there. */
  hasPlace(name: UnitName): boolean {
    const moveAfterMs = this.units.candidate(name)?.moveAfterMs;
    for (const id of this.placementsOf(name).keys()) {
      const standing = this.machines.standing(id, moveAfterMs);
      if (standing === "present" || standing === "held") return true;
    }
    return false;
  }

  /** Whether the unit is wanted and runs nowhere; of a global unit: not on a single machine. */
  isWaiting(name: UnitName): boolean {
    if (this.#waiting.has(name)) return true;
    return this.units.globals.has(name) && this.placementsOf(name).size === 0;
  }

  /** Applies one change and marks what it may affect. */
  apply(change: ClusterChange, nowMs: number, dirty: Dirty): void {
    switch (change.kind) {
      case "unit":
        this.unreadable.unitHealed(change.name);
        this.units.setUnit(change.name, change.unit);
        return this.#refreshUnit(change.name, dirty);
      case "file":
        this.unreadable.fileHealed(change.hash);
        this.units.setFile(change.hash, change.file);
        for (const name of this.units.namesWith(change.hash)) this.#refreshUnit(name, dirty);
        return undefined;
      case "machine":
        this.unreadable.machineHealed(change.id);
        return this.#changeMachine(change.id, dirty, () => {
          if (change.machine === undefined) this.machines.remove(change.id, nowMs);
          else this.machines.set(change.machine, change.lease);
        });
      case "metadata":
        return this.#changeMachine(change.machine, dirty, () => {
          this.machines.setDynamic(change.machine, change.key, change.value);
          this.machines.noteAway(change.machine, nowMs, false);
          if (this.loadOf(change.machine).size === 0) this.machines.dropIfUnknown(change.machine);
        });
      case "departure":
        return this.#changeMachine(change.machine, dirty, () => {
          this.leaving.touchAllOn(change.machine);
          this.#setDeparted(change.machine, change.departure, nowMs);
        });
      case "assignment":
        this.unreadable.assignmentHealed(change.unit, change.machine);
        this.machines.noteAway(change.machine, nowMs, change.entry !== undefined);
        return this.#changePlacement(change.unit, change.machine, change.entry, dirty);
      case "leaving":
        this.machines.noteAway(change.machine, nowMs, false);
        if (change.leaving !== undefined) return this.setLeaving(change.leaving);
        return this.endLeaving(change.unit, change.machine);
      case "unreadable":
        return this.#takeUnreadable(change.entry, nowMs, dirty);
    }
  }

  setLeaving(leaving: LeavingUnit): void {
    this.leaving.set(
      leaving,
      this.#occupantOf(leaving.unit, { ...leaving, targetState: "launched" }),
    );
    this.#moveAfters.set(leaving.unit, this.moveAfterMs(leaving.unit));
    this.#touchFollowers(leaving.unit);
  }

  endLeaving(name: UnitName, id: MachineId): void {
    this.leaving.remove(name, id);
    this.#moveAfters.set(name, this.moveAfterMs(name));
    this.#touchFollowers(name);
  }

  #touchFollowers(name: UnitName): void {
    for (const follower of this.units.followersOf(name)) this.leaving.touch(follower);
  }

  /** Lets time pass: a machine that has been away for long enough may be judged otherwise. */
  judgeAbsences(nowMs: number, dirty: Dirty): void {
    for (const { machine, moveAfterMs } of this.machines.judge(nowMs)) {
      if (moveAfterMs === undefined) this.#markMachine(machine, dirty);
      else this.#markUnits(this.#moveAfters.units(moveAfterMs), machine, dirty);
    }
  }

  /**
   * Machines that are gone, alone, for longer than others could still be lost with them, and that no unit waits for any
   * longer, whether it is placed there or is leaving; each since when (milliseconds since the epoch).
   */
  toGiveUp(nowMs: number): readonly { readonly machine: MachineId; readonly sinceMs: number }[] {
    return this.machines.absences
      .goneAlone(nowMs)
      .filter(([id]) =>
        [...this.loadOf(id).units.candidates(), ...(this.leaving.on(id)?.candidates() ?? [])].every(
          ({ name }) => this.machines.standing(id, this.moveAfterMs(name)) === "gone",
        ),
      )
      .map(([machine, sinceMs]) => ({ machine, sinceMs: this.#epochMs + sinceMs }));
  }

  /** Puts, replaces or (undefined) removes an entry. Marks nothing: that is for the caller to do. */
  setPlacement(name: UnitName, id: MachineId, placed: Placed | undefined): void {
    const load = this.loadOf(id);
    const sizeBefore = load.size;
    const places = this.#placements.get(name) ?? new Map<MachineId, Placed>();
    if (placed === undefined) {
      places.delete(id);
      load.remove(name);
    } else {
      places.set(id, placed);
      load.add(this.#occupantOf(name, placed));
    }
    this.#arrivals.note(name, placed, places);
    this.leaving.touch(name);
    if (places.size === 0) this.#placements.delete(name);
    else this.#placements.set(name, places);
    if (load.size !== sizeBefore && this.machines.isPresent(id)) {
      this.#order.remove(id, sizeBefore);
      this.#order.add(id, load.size);
    }
    this.#refreshWaiting(name);
  }

  #takeMachines(snapshot: ClusterSnapshot, nowMs: number, dirty: Dirty): void {
    for (const [id, values] of snapshot.dynamicMetadata) {
      for (const [key, value] of values) this.machines.setDynamic(id, key, value);
      this.machines.noteAway(id, nowMs, false);
    }
    for (const [id, departure] of snapshot.departed) this.#setDeparted(id, departure, nowMs);
    for (const machine of snapshot.machines) {
      this.#changeMachine(machine.id, dirty, () =>
        this.machines.set(machine, snapshot.leases.get(machine.id)),
      );
    }
  }

  #takePlacements(snapshot: ClusterSnapshot, nowMs: number): void {
    for (const { machine, entry } of snapshot.assignments) {
      this.machines.noteAway(machine, nowMs, true);
      this.setPlacement(entry.unit, machine, entry);
    }
    for (const leaving of snapshot.leaving) {
      this.machines.noteAway(leaving.machine, nowMs, false);
      this.setLeaving(leaving);
    }
  }

  /** What a placed unit counts as: its own requirements where they are known, at least its name. */
  #occupantOf(name: UnitName, placed: Placed): Candidate {
    const known = this.units.candidate(name);
    if (known !== undefined) return known;
    const byFile =
      placed === "unreadable" ? undefined : this.units.candidateOfFile(name, placed.hash);
    return byFile ?? candidateOf(name, NO_REQUIREMENTS);
  }

  #refreshUnit(name: UnitName, dirty: Dirty): void {
    const before = this.units.candidate(name);
    this.units.refresh(name, this.unreadable.namesUnit(name));
    this.#moveAfters.set(name, this.moveAfterMs(name));
    const changed = this.units.candidate(name) !== before;
    for (const [id, placed] of changed ? this.placementsOf(name) : NOWHERE) {
      const load = this.loadOf(id);
      const occupant = load.units.get(name);
      load.add(this.#occupantOf(name, placed));
      if (occupant !== undefined) markDeparture(this, occupant, id, dirty);
    }
    this.#refreshWaiting(name);
    this.leaving.touch(name);
    dirty.check(name, "anywhere");
    dirty.enter(name, "anywhere");
  }

  #changeMachine(id: MachineId, dirty: Dirty, change: () => void): void {
    const standings = this.#standingsOf(id);
    const wasPresent = this.machines.isPresent(id);
    const load = this.loadOf(id);
    change();
    const isPresent = this.machines.isPresent(id);
    if (wasPresent && !isPresent) this.#order.remove(id, load.size);
    if (isPresent && !wasPresent) this.#order.add(id, load.size);
    const metadata = this.machines.metadataOf(id);
    if (standings === this.#standingsOf(id) && equal(metadata, load.metadata)) return;
    this.#fitting.remove(id, load.metadata);
    this.#fitting.add(id, metadata);
    load.describe(metadata);
    this.#markMachine(id, dirty);
  }

  #standingsOf(id: MachineId): string {
    return this.machines.isPresent(id) ? "present" : this.machines.absences.standings(id).join();
  }

  #markMachine(id: MachineId, dirty: Dirty): void {
    for (const { name } of this.loadOf(id).units.candidates()) this.#standingChanged(name);
    this.leaving.touchAllOn(id);
    dirty.machine(id);
  }

  /** Those of these units that are on the machine, or are leaving it. */
  #markUnits(names: Iterable<UnitName>, id: MachineId, dirty: Dirty): void {
    for (const name of names) {
      if (this.leaving.of(name).has(id)) this.leaving.touch(name);
      if (!this.placementsOf(name).has(id)) continue;
      this.#standingChanged(name);
      dirty.check(name, id);
    }
  }

  /** Its machine may count otherwise: as a place of it, and as one that it moved to. */
  #standingChanged(name: UnitName): void {
    this.#refreshWaiting(name);
    this.leaving.touch(name);
  }

  #setDeparted(id: MachineId, departure: Departure | undefined, nowMs: number): void {
    if (departure === undefined) {
      this.machines.endDeparture(id, nowMs);
      if (this.loadOf(id).size > 0) this.machines.noteAway(id, nowMs, true);
      else this.machines.dropIfUnknown(id);
      return;
    }
    const { sinceMs } = departure;
    const knownMs = sinceMs === undefined ? nowMs : Math.min(nowMs, sinceMs - this.#epochMs);
    this.machines.setDeparted(id, knownMs, nowMs, departure.hasLeft);
  }

  #changePlacement(
    name: UnitName,
    id: MachineId,
    entry: ScheduleEntry | undefined,
    dirty: Dirty,
  ): void {
    const wasFrozen = this.units.isFrozen(name);
    this.units.refresh(name, this.unreadable.namesUnit(name));
    const before = this.placementsOf(name).get(id);
    if (wasFrozen === this.units.isFrozen(name) && isSameEntry(before, entry)) {
      if (entry !== undefined) this.setPlacement(name, id, entry);
      return;
    }
    const occupant = this.loadOf(id).units.get(name);
    this.setPlacement(name, id, entry);
    dirty.check(name, "anywhere");
    dirty.enter(name, "anywhere");
    if (entry !== undefined) markArrival(this, name, id, dirty);
    else if (occupant !== undefined) markDeparture(this, occupant, id, dirty);
  }

  #takeUnreadable(entry: UnreadableEntry, nowMs: number, dirty: Dirty): void {
    const { unit, machine } = entry;
    this.unreadable.add(entry);
    if (unit !== undefined) {
      if (machine !== undefined && !this.placementsOf(unit).has(machine)) {
        this.machines.noteAway(machine, nowMs, true);
        this.setPlacement(unit, machine, "unreadable");
      }
      this.#refreshUnit(unit, dirty);
    } else if (machine !== undefined) {
      this.#changeMachine(machine, dirty, () => this.machines.setUnreadable(machine, nowMs));
    }
  }

  #refreshWaiting(name: UnitName): void {
    const candidate = this.units.candidate(name);
    const waits =
      candidate !== undefined &&
      !candidate.global &&
      this.units.isWanted(name) &&
      !this.hasPlace(name);
    if (!waits) this.#waiting.remove(name);
    else if (this.#waiting.get(name) !== candidate) this.#waiting.add(candidate);
  }
}

function equal(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
