import type { MachineId } from "@fleet/core";
import type { LeaseId } from "@fleet/registry";

/**
 * How the engine takes a machine. `present`: it may be given units. `held`: what is on it stays
 * and nothing is added. `gone`: a unit on it moves once another machine accepts it, and until then
 * keeps its entry, so that a machine that comes back finds its work list as it left it.
 * `forgotten`: its entries are removed.
 */
export type Standing = "present" | "held" | "gone" | "forgotten";

/** A machine that is not present. */
export interface Absence {
  /** Since when that was seen, or when it was last known to be alive all the same (monotonic milliseconds). */
  readonly sinceMs: number;
  /** Its record is in the registry and cannot be read: it may well be there. */
  readonly unreadable: boolean;
  /**
   * The lease that it was present under, until it is known that it has ended: while it lives, somebody else took the
   * record away, and the machine will be back in a moment.
   */
  readonly lease?: LeaseId | undefined;
  /** That lease was found to live when it was last asked after. */
  readonly isAlive?: boolean;
  /** Since when it has left by itself, or been given up, so that nothing of it runs any more. */
  readonly departedSinceMs?: number;
  /** Its units do not move before this: it had been lost together with others that have returned since. */
  readonly notBeforeMs?: number;
  /** It was present before, or units are placed on it: its absence is a loss. */
  readonly isLoss: boolean;
  /** After it was lost enough others have shown that they are alive: it was lost alone. */
  readonly isAlone?: boolean;
}

/** When units leave a machine that has gone silent. */
export interface MovePolicy {
  /** How long a machine has been silent when its record goes away. */
  readonly agentTtlMs: number;
  /** How long a machine may be silent before its units move, those aside that say so themselves. */
  readonly moveAfterMs: number;
  /** While more than this part of the machines is lost together, at least two, nothing moves: 0 to 1. */
  readonly massLossShare: number;
  /**
   * Nothing moves before this (monotonic milliseconds): who has only just come, or come back, cannot tell who else is
   * about to.
   */
  readonly notBeforeMs: number;
  /** At most so many units move a second. */
  readonly movesPerSecond: number;
}

/** For a model that is not led by: what is lost moves at once. */
export const MOVES_AT_ONCE: MovePolicy = {
  agentTtlMs: 0,
  moveAfterMs: 0,
  massLossShare: 1,
  notBeforeMs: 0,
  movesPerSecond: Number.POSITIVE_INFINITY,
};

/** After so long a machine that has departed is taken to be gone for good, and what is kept for it is collected. */
export const FORGET_AFTER_MS = 7 * 24 * 60 * 60 * 1000;
const MASS_LOSS_MACHINES_MIN = 2;

/**
 * Decides what the absence of a machine means for a unit on it that moves after `moveAfterMs`: the one place where it
 * is decided. `isHeld`: it was lost with many others, or may have been.
 */
export function standingOf(
  absence: Absence,
  isHeld: boolean,
  { policy, nowMs }: { readonly policy: MovePolicy; readonly nowMs: number },
  moveAfterMs?: number,
): Exclude<Standing, "present"> {
  const { unreadable, departedSinceMs, lease } = absence;
  if (unreadable) return "held";
  if (departedSinceMs !== undefined) {
    return nowMs - departedSinceMs >= FORGET_AFTER_MS ? "forgotten" : "gone";
  }
  if (isHeld || lease !== undefined) return "held";
  return nowMs < movesAtMs(absence, policy, moveAfterMs) ? "held" : "gone";
}

/** From when on the units of an absent machine may move, if it was not lost with many others. */
export function movesAtMs(
  { sinceMs, notBeforeMs = 0 }: Absence,
  policy: MovePolicy,
  moveAfterMs = policy.moveAfterMs,
): number {
  const silentLongEnoughMs = sinceMs + Math.max(0, moveAfterMs - policy.agentTtlMs);
  return Math.max(silentLongEnoughMs, notBeforeMs, policy.notBeforeMs);
}

/** It has gone silent, or its record was taken away, and nobody has said that nothing of it runs any more. */
export function isMissed({ isLoss, departedSinceMs, unreadable }: Absence): boolean {
  return isLoss && departedSinceMs === undefined && !unreadable;
}

/** It is missed and known to have gone silent. */
export function isSilent(absence: Absence): boolean {
  return isMissed(absence) && absence.lease === undefined;
}

/** It is missed, and nobody has said that it is alive all the same. */
export function isMaybeSilent(absence: Absence): boolean {
  return isMissed(absence) && absence.isAlive !== true;
}

/**
 * The machines that were lost within one `agentTtlMs` with so many others that it is more likely the
 * network, the store or the power of a room than the machines themselves.
 */
export function massLost(
  absences: ReadonlyMap<MachineId, Absence>,
  presentCount: number,
  policy: MovePolicy,
): ReadonlySet<MachineId> {
  const losses = [...absences]
    .filter(([, absence]) => isMaybeSilent(absence))
    .toSorted(([, a], [, b]) => a.sinceMs - b.sinceMs);
  const lost = new Set<MachineId>();
  let from = 0;
  for (const [to, [, last]] of losses.entries()) {
    while (last.sinceMs - (losses[from]?.[1].sinceMs ?? 0) > policy.agentTtlMs) from += 1;
    const together = losses.slice(from, to + 1);
    const share = together.length / (presentCount + together.length);
    if (together.length < MASS_LOSS_MACHINES_MIN || share <= policy.massLossShare) continue;
    for (const [id] of together) lost.add(id);
  }
  return lost;
}

/**
 * The machines that would be {@link massLost} if every one that may be silent were. `suspects`: those, each with the
 * time at which it is missed if it is (monotonic milliseconds). `presentCount`: with them.
 */
export function maybeMassLost(
  absences: ReadonlyMap<MachineId, Absence>,
  suspects: ReadonlyMap<MachineId, number>,
  presentCount: number,
  policy: MovePolicy,
): ReadonlySet<MachineId> {
  const missed = [...suspects].map(([id, sinceMs]): [MachineId, Absence] => [
    id,
    { sinceMs, unreadable: false, isLoss: true },
  ]);
  return massLost(new Map([...absences, ...missed]), presentCount - suspects.size, policy);
}
