import type { MachineId, UnitHash, UnitName, UnitState } from "@fleet/core";
import type { SystemdState } from "@fleet/systemd";
import type { UnitWork } from "../run/unit-work.ts";
import type { Wish } from "../plan/work-list.ts";

/** What the agent itself can say of a unit, without asking systemd. */
export type UnitReport =
  /** Nothing to publish: the unit is not here. */
  | { readonly kind: "gone" }
  /** Between two versions, or unreadable for now: what was published stands. */
  | { readonly kind: "unchanged" }
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

export function reportOf(work: UnitWork | undefined, wish: Wish): UnitReport {
  if (work === undefined) return { kind: "gone" };
  const error = work.failure?.message;
  if (work.actual !== undefined) {
    const { hash, launched } = work.actual;
    if (hash === undefined) return { kind: "unchanged" };
    return { kind: "installed", hash, launched, error, jobError: work.jobError };
  }
  const hash = typeof wish === "object" ? wish.hash : undefined;
  if (hash === undefined) return { kind: "gone" };
  if (error !== undefined) return { kind: "missing", hash, error };
  return { kind: work.replacing ? "unchanged" : "gone" };
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
