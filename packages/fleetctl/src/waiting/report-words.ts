import type { ApiReport } from "../client/fleet-api.ts";

/** What is in the way of a unit on its machine. */
export interface Problem {
  /** One line, for people. */
  readonly text: string;
  /** Whether the machine tries again by itself. */
  readonly isRetried: boolean;
}

/** systemd's words for a file that it does not take, whoever tries again. */
const REFUSED_FILES: ReadonlySet<string> = new Set(["bad-setting", "masked"]);
const AT_REST: ReadonlySet<string> = new Set(["inactive", "failed"]);

/** What is in a unit's way, as its machine reports it; undefined when nothing is. */
export function problemIn(report: ApiReport): Problem | undefined {
  const { error, loadState, currentState, activeState } = report;
  if (!AT_REST.has(activeState)) return undefined;
  const isRefused = REFUSED_FILES.has(loadState);
  if (error === "" && loadState === "loaded") return undefined;
  const text = error === "" ? `its load state is ${loadState}` : error;
  // A start that was carried out and failed leaves the unit launched: that one is not repeated.
  return { text, isRetried: !isRefused && currentState !== "launched" };
}

/** How a unit that does not run came to its end, as its machine reports it; "" when it does not say. */
export function endOf(report: ApiReport): string {
  const { error, exitSignal, exitStatus, isSkipped, loadState, result } = report;
  if (error !== "" && result !== "exit-code" && result !== "signal") return error;
  if (isSkipped) return "a condition in its file does not hold there";
  if (exitSignal !== undefined) return `signal ${exitSignal} ended its main process`;
  if (exitStatus !== undefined) return `its main process exited with status ${exitStatus}`;
  if (loadState !== "loaded") return `its load state is ${loadState}`;
  return result === "" || result === "success" ? error : `its result is ${result}`;
}

/** Why a unit that was started, and did not fail, is not active on a machine; "" when it is, or nothing is known. */
export function whyAtRest(report: ApiReport): string {
  if (report.activeState !== "inactive" || report.currentState !== "launched") return "";
  const end = endOf(report);
  return end === "" ? "" : `is not active there: ${end}`;
}
