import type { MachineId, UnitHash, UnitName, UnitState } from "@fleet/core";
import type { MoveRole } from "@fleet/registry";
import type { SystemdState } from "@fleet/systemd";
import type { UnitWork } from "../run/unit-work.ts";
import type { Wish } from "../plan/work-list.ts";

/** What the agent itself can say of a unit, without asking systemd. */
export type UnitReport =
  /** Nothing to publish: the unit is not here. */
  | { readonly kind: "gone" }
  /** Between two versions, or unreadable for now: what was published stands. */
  | { readonly kind: "unchanged" }
  /** It moved away and is not here any more: said, so that nobody has to conclude it from silence. */
  | { readonly kind: "left"; readonly hash: UnitHash }
  /** It should be here and cannot be: only its error is worth saying. */
  | { readonly kind: "missing"; readonly hash: UnitHash; readonly error: string }
  | {
      readonly kind: "installed";
      readonly hash: UnitHash;
      readonly launched: boolean;
      readonly error: string | undefined;
      /** How the last start job ended, when not well; out of date once the unit is active. */
      readonly jobError: string | undefined;
    };

/** systemd's own word for a unit that could not be loaded. */
const NOT_LOADED: SystemdState = { loadState: "error", activeState: "inactive", subState: "dead" };

/** systemd's own word for a unit that it has no file of. */
const NOT_FOUND: SystemdState = {
  loadState: "not-found",
  activeState: "inactive",
  subState: "dead",
};

/** `isRead`: what is installed on this machine has been read; until then what is not known may be there. */
export function reportOf(work: UnitWork | undefined, wish: Wish, isRead: boolean): UnitReport {
  if (work === undefined) return { kind: "gone" };
  if (work.actual === undefined) return absentReport(work, wish, isRead);
  const { hash, launched } = work.actual;
  if (hash === undefined) return { kind: "unchanged" };
  const error = work.failure?.message ?? whyNotStarted(moveOf(wish));
  return { kind: "installed", hash, launched, error, jobError: work.jobError };
}

function absentReport(work: UnitWork, wish: Wish, isRead: boolean): UnitReport {
  if (typeof wish !== "object") return { kind: "gone" };
  const { hash } = wish;
  if (moveOf(wish)?.kind === "leaving")
    return isRead ? { kind: "left", hash } : { kind: "unchanged" };
  const error = work.failure?.message;
  if (error !== undefined) return { kind: "missing", hash, error };
  return { kind: work.replacing ? "unchanged" : "gone" };
}

function moveOf(wish: Wish): MoveRole | undefined {
  return typeof wish === "object" ? wish.move : undefined;
}

function whyNotStarted(move: MoveRole | undefined): string | undefined {
  return move?.kind === "arriving" ? `not started yet: waits for ${move.waitsFor}` : undefined;
}

/** The state to publish: undefined removes it, "unchanged" leaves the published one alone. */
export function stateOf(
  id: { readonly unit: UnitName; readonly machine: MachineId },
  report: UnitReport,
  systemd: SystemdState | undefined,
): UnitState | undefined | "unchanged" {
  if (report.kind === "gone") return undefined;
  if (report.kind === "unchanged") return "unchanged";
  const { hash } = report;
  if (report.kind === "left") return { ...id, hash, ...NOT_FOUND, currentState: "inactive" };
  if (report.kind === "missing") {
    return { ...id, hash, ...NOT_LOADED, currentState: "inactive", error: report.error };
  }
  if (systemd === undefined) return "unchanged";
  const { activeState } = systemd;
  const error = report.error ?? (activeState === "active" ? undefined : report.jobError);
  return {
    ...id,
    hash,
    ...systemd,
    currentState: report.launched ? "launched" : "loaded",
    ...(error === undefined ? {} : { error }),
  };
}
