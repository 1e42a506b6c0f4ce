import type { MachineId } from "@fleet/core";
import type { LeaseTime } from "@fleet/registry";
import {
  isMissed,
  isSilent,
  massLost,
  maybeMassLost,
  movesAtMs,
  standingOf,
  type Absence,
  type MovePolicy,
  type Standing,
} from "./absence.ts";
import { LifeSigns } from "./life-signs.ts";
import { MissedLeases } from "./missed-leases.ts";

/** Those that may be silent are asked after so often until it is known. */
const ASK_EVERY_MS = 500;
/** What was cut off together returns together, but not in the same moment: connections are tried again after seconds. */
const RETURN_MS_MIN = 5_000;
const NOBODY: ReadonlySet<MachineId> = new Set();

/** What absences mean has changed for the units of a machine: for all, or for those that move after so long. */
export interface Judgement {
  readonly machine: MachineId;
  readonly moveAfterMs: number | undefined;
}

/**
 * The machines that are away and what that means for their units. It means the same from one {@link judge} to the
 * next. Times are monotonic milliseconds.
 */
export class AbsenceBook {
  readonly #configured: MovePolicy;
  /** The different `MoveAfter=` of units. */
  readonly #moveAfters: Iterable<number>;
  readonly #away = new Map<MachineId, Absence>();
  readonly #signs = new LifeSigns();
  #askedAtMs = Number.NEGATIVE_INFINITY;
  readonly #leases = new MissedLeases();
  #judged: { readonly policy: MovePolicy; readonly nowMs: number };
  #massLost = NOBODY;
  /** Those among which are some that units would move off if it were certain that they are lost alone. */
  #maybeMassLost = NOBODY;

  constructor(policy: MovePolicy, moveAfters: Iterable<number>, nowMs: number) {
    this.#configured = policy;
    this.#moveAfters = moveAfters;
    this.#judged = { policy: this.#policy, nowMs };
  }

  get(id: MachineId): Absence | undefined {
    return this.#away.get(id);
  }

  set(id: MachineId, absence: Absence): void {
    this.#away.set(id, absence);
    this.#signs.forget(id);
  }

  /** It is back, or nothing is kept of it any more. */
  end(id: MachineId): void {
    this.#away.delete(id);
    this.#leases.forget(id);
  }

  /** For a unit with that `MoveAfter=`, or for one without. */
  standing(id: MachineId, moveAfterMs?: number): Exclude<Standing, "present"> {
    const absence = this.#away.get(id);
    if (absence === undefined) return "gone";
    const isHeld = this.#massLost.has(id) || this.#maybeMassLost.has(id);
    return standingOf(absence, isHeld, this.#judged, moveAfterMs);
  }

  /** For units without `MoveAfter=`, then for those with each one that there is. */
  standings(id: MachineId): readonly Standing[] {
    return [undefined, ...this.#moveAfters].map((moveAfterMs) => this.standing(id, moveAfterMs));
  }

  /** Machines that were lost together with so many that nothing of theirs moves, in order. */
  get massLost(): readonly MachineId[] {
    return [...this.#massLost].toSorted();
  }

  /** Machines whose units wait until it is known whether others are silent as well, in order. */
  get undecided(): readonly MachineId[] {
    return [...this.#maybeMassLost].filter((id) => this.#away.has(id)).toSorted();
  }

  /**
   * Those whose leases decide what an absence means, to be asked after before the next {@link judge}: machines whose
   * records have gone, and of the `present` ones those that may be silent, too. None as long as nothing is about to move.
   */
  toAsk(present: Iterable<MachineId>, nowMs: number): readonly MachineId[] {
    const missed = [...this.#maybeAlive().keys()].filter((id) => nowMs >= this.#leases.askAtMs(id));
    for (const id of missed) this.#leases.asked(id, nowMs);
    const isDue = nowMs >= this.#askedAtMs + ASK_EVERY_MS;
    if (!isDue || this.#toDecide(nowMs, isMissed).length === 0) return missed;
    this.#askedAtMs = nowMs;
    return [...missed, ...this.#signs.suspects(present, nowMs).keys()];
  }

  /** What its lease was found to be; undefined: it has ended. */
  heard(id: MachineId, time: LeaseTime | undefined, nowMs: number): void {
    const absence = this.#away.get(id);
    if (absence?.lease !== undefined) {
      if (time === undefined) this.#leases.end(id);
      else this.#away.set(id, { ...absence, sinceMs: nowMs, isAlive: true });
    } else if (time !== undefined) this.#signs.note(id, time, nowMs);
  }

  /** Machines that are gone, alone, for longer than others could still be lost with them, each since when. */
  goneAlone(nowMs: number): readonly (readonly [MachineId, number])[] {
    const { agentTtlMs } = this.#policy;
    return [...this.#away]
      .filter(([id, { sinceMs, departedSinceMs }]) => {
        if (departedSinceMs !== undefined || this.standing(id) !== "gone") return false;
        return nowMs - sinceMs > agentTtlMs;
      })
      .map(([id, { sinceMs }]) => [id, sinceMs]);
  }

  /** Judges every absence anew at this time; where that has changed what one means. */
  judge(present: ReadonlyMap<MachineId, unknown>, nowMs: number): readonly Judgement[] {
    const before = this.#standings();
    this.#judged = { policy: this.#policy, nowMs };
    this.#judgeLeases(nowMs);
    this.#judgeLosses(present.size, nowMs);
    this.#judgeSuspects(present, nowMs);
    return before.filter(
      ({ machine, moveAfterMs, standing }) => this.standing(machine, moveAfterMs) !== standing,
    );
  }

  /** When time alone changes what an absence means next, a week's absence aside. */
  judgeAtMs(nowMs: number): number {
    const policy = this.#policy;
    let atMs = this.#maybeMassLost.size > 0 ? this.#askedAtMs + ASK_EVERY_MS : Infinity;
    for (const id of this.#maybeAlive().keys()) atMs = Math.min(atMs, this.#leases.askAtMs(id));
    for (const absence of this.#away.values()) {
      if (absence.departedSinceMs !== undefined || absence.unreadable) continue;
      for (const moveAfterMs of [policy.moveAfterMs, ...this.#moveAfters]) {
        const movesMs = movesAtMs(absence, policy, moveAfterMs);
        if (movesMs > nowMs) atMs = Math.min(atMs, movesMs);
      }
    }
    return atMs;
  }

  /**
   * Machines whose records are gone, by whomever, and of whose leases it is not known that they have ended; each with
   * when it was missed, or when it was last known to be alive all the same.
   */
  #maybeAlive(): ReadonlyMap<MachineId, number> {
    const missed = [...this.#away].filter(
      ([, absence]) => isMissed(absence) && absence.lease !== undefined,
    );
    return new Map(missed.map(([id, { sinceMs }]) => [id, sinceMs]));
  }

  /** A lease of which nothing could be heard for as long as it lasts counts as ended. */
  #judgeLeases(nowMs: number): void {
    for (const [id, { lease, isAlive: _, ...absence }] of this.#away) {
      if (lease === undefined) continue;
      const { agentTtlMs } = this.#judged.policy;
      if (!this.#leases.hasEnded(id) && nowMs - absence.sinceMs < agentTtlMs) continue;
      this.#away.set(id, absence);
      this.#leases.forget(id);
    }
  }

  #judgeLosses(presentCount: number, nowMs: number): void {
    const before = this.#massLost;
    const { policy } = this.#judged;
    this.#massLost = massLost(this.#away, presentCount, policy);
    for (const [id, absence] of this.#away) {
      if (!before.has(id) || this.#massLost.has(id)) continue;
      const notBeforeMs = nowMs + Math.max(policy.agentTtlMs, RETURN_MS_MIN);
      this.#away.set(id, { ...absence, notBeforeMs });
    }
  }

  #judgeSuspects(present: ReadonlyMap<MachineId, unknown>, nowMs: number): void {
    this.#maybeMassLost = NOBODY;
    const toDecide = this.#toDecide(nowMs, isSilent);
    if (toDecide.length === 0) return;
    const missed = this.#maybeAlive();
    const suspects = new Map([...missed, ...this.#signs.suspects(present.keys(), nowMs)]);
    const presentCount = present.size + missed.size;
    const maybe = maybeMassLost(this.#away, suspects, presentCount, this.#judged.policy);
    for (const [id, absence] of toDecide) {
      if (maybe.has(id)) this.#maybeMassLost = maybe;
      else this.#away.set(id, { ...absence, isAlone: true });
    }
  }

  /**
   * The losses whose units would move now if no more machines were lost with them. That is open for one `agentTtlMs`
   * and no longer: what is lost later is not lost together with them.
   */
  #toDecide(
    nowMs: number,
    counts: (absence: Absence) => boolean,
  ): readonly (readonly [MachineId, Absence])[] {
    const policy = this.#policy;
    const moveAfterMs = Math.min(policy.moveAfterMs, ...this.#moveAfters);
    return [...this.#away].filter(([id, absence]) => {
      if (!counts(absence) || absence.isAlone === true || this.#massLost.has(id)) return false;
      return (
        nowMs - absence.sinceMs <= policy.agentTtlMs &&
        nowMs >= movesAtMs(absence, policy, moveAfterMs)
      );
    });
  }

  #standings(): readonly (Judgement & { readonly standing: Standing })[] {
    return [...this.#away.keys()].flatMap((machine) =>
      [undefined, ...this.#moveAfters].map((moveAfterMs) => {
        const standing = this.standing(machine, moveAfterMs);
        return { machine, moveAfterMs, standing };
      }),
    );
  }

  /** The settings may change at any time: as they are now. */
  get #policy(): MovePolicy {
    return { ...this.#configured };
  }
}
