import { effectiveMetadata, shortMachineId, type Machine, type MachineId } from "@fleet/core";
import {
  massLost,
  movesAtMs,
  standingOf,
  type Absence,
  type MovePolicy,
  type Standing,
} from "./absence.ts";

const NO_METADATA: ReadonlyMap<string, string> = new Map();

/** The machines of the cluster: those present, and those that something is still kept for. */
export class MachineBook {
  readonly #present = new Map<MachineId, Machine>();
  readonly #away = new Map<MachineId, Absence>();
  readonly #standings = new Map<MachineId, Exclude<Standing, "present">>();
  readonly #departed = new Set<MachineId>();
  readonly #dynamic = new Map<MachineId, Map<string, string>>();
  readonly #byShortId = new Map<string, Set<MachineId>>();
  readonly #configured: MovePolicy;
  #massLost: ReadonlySet<MachineId> = new Set();
  #notBeforeMs = 0;

  constructor(policy: MovePolicy) {
    this.#configured = policy;
  }

  present(): Iterable<MachineId> {
    return this.#present.keys();
  }

  isPresent(id: MachineId): boolean {
    return this.#present.has(id);
  }

  standing(id: MachineId): Standing {
    return this.#present.has(id) ? "present" : (this.#standings.get(id) ?? "gone");
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

  /** Nothing moves for one `agentTtlMs`: the store was out of our reach, and so maybe of others'. */
  waitForOthers(nowMs: number): void {
    this.#notBeforeMs = nowMs + this.#configured.agentTtlMs;
  }

  /** Machines that were lost together with so many that nothing of theirs moves, in order. */
  get massLost(): readonly MachineId[] {
    return [...this.#massLost].toSorted();
  }

  set(machine: Machine): void {
    const { id } = machine;
    this.#present.set(id, machine);
    this.#away.delete(id);
    this.#standings.delete(id);
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
    const sinceMs = wasPresent ? nowMs : (this.#away.get(id)?.sinceMs ?? nowMs);
    this.#setAway(id, { sinceMs, unreadable: false, isLoss: wasPresent }, nowMs);
  }

  /** Its record cannot be read. What was known of a present machine stays in force. */
  setUnreadable(id: MachineId, nowMs: number): void {
    if (this.#present.has(id)) return;
    this.#setAway(id, { sinceMs: nowMs, unreadable: true, isLoss: false }, nowMs);
  }

  /** Starts to count the absence of a machine, unless it is present or that has begun. */
  noteAway(id: MachineId, nowMs: number, isLoss: boolean): void {
    if (this.#present.has(id)) return;
    const known = this.#away.get(id) ?? { sinceMs: nowMs, unreadable: false, isLoss };
    this.#setAway(id, { ...known, isLoss: known.isLoss || isLoss }, nowMs);
  }

  /** It left by itself or was given up (true), or came back since (false). */
  setDeparted(id: MachineId, departed: boolean, nowMs: number): void {
    if (departed) this.#departed.add(id);
    else this.#departed.delete(id);
    const absence = this.#away.get(id);
    if (absence !== undefined) this.#setAway(id, absence, nowMs);
    else if (departed) this.noteAway(id, nowMs, false);
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
    const kept = [...this.#dynamic.keys(), ...this.#departed];
    return [...new Set(kept)].filter((id) => this.standing(id) === "forgotten");
  }

  /** Machines that are gone, alone, for longer than others could still be lost with them. */
  toGiveUp(nowMs: number): readonly MachineId[] {
    const { agentTtlMs } = this.#policy;
    return [...this.#away]
      .filter(([id, { sinceMs, isLoss, departed }]) => {
        if (!isLoss || departed || this.standing(id) !== "gone") return false;
        return nowMs - sinceMs > agentTtlMs;
      })
      .map(([id]) => id);
  }

  /** Judges every absence anew at this time; the machines whose standing changed. */
  judge(nowMs: number): readonly MachineId[] {
    const before = this.#massLost;
    this.#massLost = massLost(this.#away, this.#present.size, this.#policy);
    for (const [id, absence] of this.#away) {
      if (!before.has(id) || this.#massLost.has(id)) continue;
      this.#away.set(id, { ...absence, notBeforeMs: nowMs + this.#policy.agentTtlMs });
    }
    const changed: MachineId[] = [];
    const policy = this.#policy;
    for (const [id, absence] of this.#away) {
      const standing = standingOf(absence, this.#massLost.has(id), policy, nowMs);
      if (this.#standings.get(id) !== standing) changed.push(id);
      this.#standings.set(id, standing);
    }
    return changed;
  }

  /** When time alone changes a standing next (monotonic milliseconds), a week's absence aside. */
  judgeAtMs(nowMs: number): number {
    if (this.#away.size === 0) return Number.POSITIVE_INFINITY;
    const policy = this.#policy;
    const due = [...this.#away.values()]
      .filter(({ departed, unreadable }) => !departed && !unreadable)
      .map((absence) => movesAtMs(absence, policy))
      .filter((atMs) => atMs > nowMs);
    return Math.min(...due, Number.POSITIVE_INFINITY);
  }

  get #policy(): MovePolicy {
    const notBeforeMs = Math.max(this.#configured.notBeforeMs, this.#notBeforeMs);
    return { ...this.#configured, notBeforeMs };
  }

  #setAway(id: MachineId, absence: Omit<Absence, "departed">, nowMs: number): void {
    const away = { ...absence, departed: this.#departed.has(id) };
    this.#away.set(id, away);
    this.#standings.set(id, standingOf(away, this.#massLost.has(id), this.#policy, nowMs));
  }
}
