import type { UnitFile } from "@fleet/core";

import type { ApiUnitState } from "../client/fleet-api.ts";

/** A failure from before this start is shown until systemd acts: it counts when it stays. */
const STALE_FAILURE_MS = 500;
/** A oneshot that is at rest and was never seen at work has finished when it stays so. */
const FINISHED_MS = 2000;
/** A unit that was started and is neither active nor on its way will not become so. */
const INACTIVE_MS_MAX = 10_000;

/** How a start went so far. */
export type StartOutcome = "under way" | "well" | "failed" | "ended";

/** Follows one unit on one machine from the moment that its start was asked for. */
export class StartProgress {
  #activeState: string | undefined;
  #sinceMs = 0;
  /** Whether it was seen in another state than `failed`. */
  #hadOther = false;
  /** Whether systemd was seen at work on it. */
  #hadWork = false;

  /** Takes note of what systemd says (undefined: nothing) at `atMs` of the monotonic clock. */
  observe(state: ApiUnitState | undefined, atMs: number): void {
    const activeState = state?.activeState ?? "";
    if (activeState !== this.#activeState) this.restartClock(atMs);
    this.#activeState = activeState;
    if (activeState !== "failed") this.#hadOther = true;
    if (activeState === "active" || activeState.endsWith("activating")) this.#hadWork = true;
  }

  /** What systemd said so far counts as said at `atMs`: only now is the unit known to be started. */
  restartClock(atMs: number): void {
    this.#sinceMs = atMs;
  }

  /** What the observations amount to at `atMs`, for a unit of this file. */
  outcome(state: ApiUnitState, file: UnitFile, atMs: number): StartOutcome {
    const { activeState, loadState } = state;
    const heldMs = atMs - this.#sinceMs;
    if (activeState === "active" && loadState === "loaded") return "well";
    if (activeState === "failed") {
      return this.#hadOther || heldMs >= STALE_FAILURE_MS ? "failed" : "under way";
    }
    if (activeState !== "inactive") return "under way";
    if (loadState === "loaded" && isOneshot(file)) {
      return this.#hadWork || heldMs >= FINISHED_MS ? "well" : "under way";
    }
    return heldMs >= INACTIVE_MS_MAX ? "ended" : "under way";
  }
}

/** What a message says of a start that did not go well. */
export const OUTCOME_WORDS: Readonly<Record<"failed" | "ended", string>> = {
  failed: "has failed",
  ended: "was started and is inactive",
};

function isOneshot(file: UnitFile): boolean {
  const type = file.findLast(({ section, name }) => section === "Service" && name === "Type");
  return type?.value.trim() === "oneshot";
}
