import type {
  Machine,
  MachineId,
  TargetState,
  UnitFile,
  UnitHash,
  UnitName,
  UnitState,
  Waiting,
} from "@fleet/core";
import type { DropRegistry } from "./drop-registry.ts";
import type { LeaseUse } from "./lease-ttls.ts";
import type { PlacementWrite } from "./placement-write.ts";
import type { LeavingUnit, MoveRole } from "./moving-units.ts";
import type { StateFilter } from "./state-filter.ts";
import type { LeaseId, LeaseTime, Revision } from "./store.ts";
import type { UnreadableEntry } from "./unreadable.ts";

/**
 * The cluster's shared memory, by who uses it. Who may write what is settled in docs/keyspace.md.
 * Every method throws `RegistryUnavailableError` when the store cannot be reached in time.
 */
export interface Registry
  extends UnitRegistry, MachineRegistry, AgentRegistry, EngineRegistry, DropRegistry {
  /**
   * From now on leases of that use last `ttlMs`, whatever is asked for; what hangs on one that is
   * held moves to a new one without a gap. Rejects when that fails: what is held then goes on as it
   * was, or is lost, and comes back under a lease of `ttlMs`.
   */
  changeLeaseTtl(use: LeaseUse, ttlMs: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

// ---------------------------------------------------------------------------------------------
// The API's side: units, states and machines, a page at a time.

/** Where a page begins. `skip` counts entries and serves bare four-byte tokens. */
export type PageStart =
  | { readonly kind: "first" }
  | { readonly kind: "after"; readonly key: string }
  | { readonly kind: "skip"; readonly count: number };

export interface PageRequest {
  readonly start: PageStart;
  /** At least 1. */
  readonly limit: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Key to go on after; absent when the range ended before `limit` keys were read. */
  readonly nextAfter?: string;
}

/** A unit as stored: the wish, and the revision that a later write is compared with. */
export interface StoredUnit {
  readonly name: UnitName;
  readonly hash: UnitHash;
  readonly targetState: TargetState;
  /** etcd's mod revision of this record. */
  readonly revision: Revision;
}

/** A unit with all that a listing shows of it. */
export interface UnitView extends StoredUnit {
  readonly file: UnitFile;
  /** Where the engine put it; always absent for global units. */
  readonly machine?: MachineId;
  /** `inactive` until the assigned machine reports it; `inactive` for global units. */
  readonly currentState: TargetState;
}

export interface UnitRegistry {
  /** One page of units in byte order of their names; bounded requests whatever the total. */
  unitPage(page: PageRequest, signal: AbortSignal): Promise<Page<UnitView>>;
  unit(name: UnitName, signal: AbortSignal): Promise<UnitView | undefined>;
  /** The wish alone, with one request: what a later write is decided on. */
  storedUnit(name: UnitName, signal: AbortSignal): Promise<StoredUnit | undefined>;
  /**
   * Stores file and wish in one transaction, if the unit still is at `expected` (0: absent).
   * False when it was not: read again and decide again.
   */
  putUnit(unit: PutUnit, expected: Revision, signal: AbortSignal): Promise<boolean>;
  /** Changes only the wish; false when the unit is no longer at `expected`. */
  setTargetState(change: TargetStateChange, signal: AbortSignal): Promise<boolean>;
  /** Removes the unit; false when there was none. Its file is collected later by the engine. */
  destroyUnit(name: UnitName, signal: AbortSignal): Promise<boolean>;
  /** Why the unit runs nowhere, as the leading engine last found; undefined where it knows of nothing. */
  waiting(name: UnitName, signal: AbortSignal): Promise<Waiting | undefined>;
  /** States of assigned units by unit name, then machine ID; the page may be shorter than its range. */
  statePage(page: PageRequest, filter: StateFilter, signal: AbortSignal): Promise<Page<UnitState>>;
  /** What a machine says of a unit, be it that the unit is not assigned to it any more and only ends there. */
  stateOn(machine: MachineId, unit: UnitName, signal: AbortSignal): Promise<UnitState | undefined>;
}

export interface PutUnit {
  readonly name: UnitName;
  /** Already normalised (serialised and parsed again). */
  readonly file: UnitFile;
  readonly targetState: TargetState;
}

export interface TargetStateChange {
  readonly name: UnitName;
  readonly targetState: TargetState;
  readonly expected: Revision;
}

/** A machine that is present, with the metadata that placement and listings see. */
export interface PresentMachine extends Machine {
  /** Static metadata overridden by the dynamic keys. */
  readonly effectiveMetadata: ReadonlyMap<string, string>;
}

export interface MachineRegistry {
  /** Present machines in byte order of their IDs. */
  machinePage(page: PageRequest, signal: AbortSignal): Promise<Page<PresentMachine>>;
  /** Sets one dynamic key; "" hides it. The machine need not exist. */
  setMetadata(change: MetadataChange, signal: AbortSignal): Promise<void>;
  /** What the leading engine holds; no machines when nothing is held. */
  heldMoves(signal: AbortSignal): Promise<HeldMoves>;
  /**
   * Gives machines up for a person: their units may move. Those that are present are left alone; tells
   * which were given up.
   */
  giveUp(machines: readonly MachineId[], signal: AbortSignal): Promise<readonly MachineId[]>;
}

/** Machines whose units do not move because too many were lost together. */
export interface HeldMoves {
  readonly machines: readonly MachineId[];
}

export interface MetadataChange {
  readonly machine: MachineId;
  readonly key: string;
  readonly value: string;
}

// ---------------------------------------------------------------------------------------------
// The agent's side: its own presence, its own work list, its own states. Nothing else.

export interface AgentRegistry {
  /**
   * Announces this machine under a lease of `ttlMs`. Takes over a record that carries the same
   * `instance` token (this machine before a crash). Another record may be this machine's from before
   * a reboot: its lease is given `ttlMs`, and a little more, to end.
   * @throws {DuplicateMachineError} when another instance is, and stays, present under this ID.
   */
  announce(announcement: Announcement, signal: AbortSignal): Promise<Presence>;
  /**
   * Lists, then watches, this machine's work list until `signal` aborts; reconnects by itself.
   * The sink's first call is always a complete snapshot.
   */
  watchSchedule(machine: MachineId, sink: ScheduleSink, signal: AbortSignal): Promise<void>;
  /** The files of these hashes; a hash that is not stored or not readable is missing in the map. */
  unitFiles(
    hashes: readonly UnitHash[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<UnitHash, UnitFile>>;
}

export interface Announcement {
  readonly machine: Machine;
  /** Tells this machine apart from another with the same ID; survives a restart of the daemon, no reboot. */
  readonly instance: string;
  readonly ttlMs: number;
}

/** This machine's standing in the cluster, for as long as its lease holds. */
export interface Presence {
  /** Aborts when the lease or the record is lost; announce again. */
  readonly lost: AbortSignal;
  remainingMs(): number;
  /** Since when its lease has been kept alive without an interruption in which others may have lost theirs. */
  steadySinceMs(): number;
  /** Replaces the machine's description (address, metadata). */
  update(machine: Machine, signal: AbortSignal): Promise<void>;
  /** Writes (or with `undefined` removes) states of this machine only, in bounded transactions. */
  publish(states: ReadonlyMap<UnitName, UnitState | undefined>, signal: AbortSignal): Promise<void>;
  /** Leaves the cluster: presence and states vanish at once, and units on it are free to move. */
  leave(signal: AbortSignal): Promise<void>;
}

/** One entry of a machine's work list. Only the engine writes it. */
export interface ScheduleEntry {
  readonly unit: UnitName;
  readonly hash: UnitHash;
  /** Never `inactive`: such a unit has no entry. */
  readonly targetState: "loaded" | "launched";
  /** The unit is on its way from one machine to another; absent: it is simply to be here. */
  readonly move?: MoveRole;
}

/** Receives a list-then-watch. Calls are synchronous and in order. */
export interface ScheduleSink {
  /** The complete list, after the first read and after every time the watch had to start over. */
  snapshot(entries: readonly ScheduleEntry[], unreadable: readonly UnreadableEntry[]): void;
  /** One revision's changes; an `undefined` entry is a removal. */
  changes(changes: readonly ScheduleChange[]): void;
  /** The view is current (true) or the store is away and it may be stale (false). */
  live(live: boolean): void;
}

export type ScheduleChange =
  | { readonly unit: UnitName; readonly entry: ScheduleEntry | undefined }
  | { readonly unit: UnitName; readonly unreadable: UnreadableEntry };

// ---------------------------------------------------------------------------------------------
// The engine's side: leadership, the whole picture, fenced writes.

export interface EngineRegistry {
  /** The current leader, or undefined. */
  leader(signal: AbortSignal): Promise<Leader | undefined>;
  /**
   * Waits until this machine leads: tries at once, and again when the leader's key goes away.
   * Rejects only when `signal` aborts or the registry is closed; tells `onLeader` of every other leader it sees.
   */
  campaign(campaign: Campaign, signal: AbortSignal): Promise<Leadership>;
  /**
   * Lists, then watches, all that placement depends on, until `signal` aborts. The first call is
   * one complete snapshot; from then on only changes, also after a broken or compacted watch.
   */
  watchCluster(sink: ClusterSink, signal: AbortSignal): Promise<void>;
  /**
   * What stands in work lists as leaving, of these or of all: their marks, as they were written with it. One request to
   * etcd for a hundred of these; of all, for a thousand entries.
   */
  leavingEntries(
    of: readonly Pick<LeavingUnit, "unit" | "machine">[] | "all",
    signal: AbortSignal,
  ): Promise<readonly LeavingUnit[]>;
  /**
   * How long these leases last if nothing is heard of their holders from now on; one that has ended is missing. A
   * healthy machine renews its own three times in its time.
   */
  leaseTimes(
    leases: readonly LeaseId[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<LeaseId, LeaseTime>>;
  /**
   * Tells what one machine says of one unit, then every change of it, until `signal` aborts. Undefined:
   * it says nothing, or nothing that can be read.
   */
  watchState(
    of: Pick<UnitState, "unit" | "machine">,
    onState: (state: UnitState | undefined) => void,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface Leader {
  readonly machine: MachineId;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
}

export interface Campaign {
  readonly machine: MachineId;
  readonly ttlMs: number;
  readonly onLeader: (leader: Leader) => void;
}

/** A won election. Every write is compared with the create revision of the leader's key. */
export interface Leadership {
  readonly sinceMs: number;
  /** Aborts when the lease is lost or another leader is seen. */
  readonly lost: AbortSignal;
  /**
   * Writes in order, in as few transactions as etcd's limit allows. Resolves with how many of
   * `writes` (a prefix) are known to be stored: fewer than all when the fence refused.
   * @throws {RegistryUnavailableError} when the outcome of a transaction is unknown.
   */
  commit(writes: readonly EngineWrite[], signal: AbortSignal): Promise<CommitResult>;
  /** Steps down at once; a stand-by takes over. */
  resign(signal: AbortSignal): Promise<void>;
}

export type EngineWrite =
  | PlacementWrite
  /** Only while the machine is not present: it may be back before its absence is acted on. */
  | { readonly kind: "while-gone"; readonly machine: MachineId; readonly write: PlacementWrite }
  /** Tells, or tells anew, why a unit runs nowhere. */
  | { readonly kind: "explain-wait"; readonly unit: UnitName; readonly waiting: Waiting }
  | { readonly kind: "end-wait"; readonly unit: UnitName }
  /** Takes back all that was told of waiting units: a new leader begins afresh. */
  | { readonly kind: "end-waits" }
  /** Collects a unit file that nothing refers to, if it was not stored again since. */
  | { readonly kind: "collect-file"; readonly hash: UnitHash; readonly revision: Revision }
  /**
   * Gives a machine up that has not been present since then (milliseconds since the epoch): the next leader need not
   * wait for it.
   */
  | { readonly kind: "give-up"; readonly machine: MachineId; readonly sinceMs: number }
  /** Tells that the units of these machines do not move: too many were lost together. */
  | { readonly kind: "hold-moves"; readonly machines: readonly MachineId[] }
  | { readonly kind: "release-moves" }
  /** Collects what is kept of a machine long gone. */
  | { readonly kind: "collect-machine"; readonly machine: MachineId };

export interface CommitResult {
  /** How many of the written were not wanted any more: what they were to hold for did not. */
  readonly dropped: number;
  readonly written: number;
  /** True when the fence refused: somebody else leads. `lost` aborts too. */
  readonly fenced: boolean;
  /** The store's revision after the last transaction that was written; 0 when none was. */
  readonly revision: Revision;
}

export interface StoredFile {
  readonly hash: UnitHash;
  readonly file: UnitFile;
  readonly revision: Revision;
}

export interface Assignment {
  readonly machine: MachineId;
  readonly entry: ScheduleEntry;
}

/** That a machine is not waited for any more. */
export interface Departure {
  /** Milliseconds since the epoch; absent when it does not say. */
  readonly sinceMs?: number;
  /** It left by itself, with nothing of it running any more; otherwise it was given up. */
  readonly hasLeft?: true;
}

/** Everything placement depends on, at one moment. States are not part of it. */
export interface ClusterSnapshot {
  readonly units: readonly StoredUnit[];
  readonly files: readonly StoredFile[];
  readonly machines: readonly Machine[];
  /** Those that present machines hang on, where they hang on one. */
  readonly leases: ReadonlyMap<MachineId, LeaseId>;
  readonly dynamicMetadata: ReadonlyMap<MachineId, ReadonlyMap<string, string>>;
  /** Absent machines that left by themselves or were given up. */
  readonly departed: ReadonlyMap<MachineId, Departure>;
  readonly assignments: readonly Assignment[];
  readonly leaving: readonly LeavingUnit[];
  readonly unreadable: readonly UnreadableEntry[];
  /** The store's revision that all of this is a reading of. */
  readonly revision: Revision;
}

export type ClusterChange =
  | { readonly kind: "unit"; readonly name: UnitName; readonly unit: StoredUnit | undefined }
  | { readonly kind: "file"; readonly hash: UnitHash; readonly file: StoredFile | undefined }
  | {
      readonly kind: "machine";
      readonly id: MachineId;
      readonly machine: Machine | undefined;
      /** The one that the record hangs on. */
      readonly lease?: LeaseId | undefined;
    }
  | {
      readonly kind: "metadata";
      readonly machine: MachineId;
      readonly key: string;
      readonly value: string | undefined;
    }
  /** The machine left by itself or was given up, or (undefined) is announced again. */
  | {
      readonly kind: "departure";
      readonly machine: MachineId;
      readonly departure: Departure | undefined;
    }
  | {
      readonly kind: "assignment";
      readonly unit: UnitName;
      readonly machine: MachineId;
      readonly entry: ScheduleEntry | undefined;
    }
  | {
      readonly kind: "leaving";
      readonly unit: UnitName;
      readonly machine: MachineId;
      readonly leaving: LeavingUnit | undefined;
    }
  | { readonly kind: "unreadable"; readonly entry: UnreadableEntry };

export interface ClusterSink {
  snapshot(snapshot: ClusterSnapshot): void;
  /**
   * Changes up to and including `revision`, so that the engine can tell an echo of its own earlier
   * write from news.
   */
  changes(changes: readonly ClusterChange[], revision: Revision): void;
  /** The view is current (true) or the store is away and it may be stale (false). */
  live(live: boolean): void;
}
