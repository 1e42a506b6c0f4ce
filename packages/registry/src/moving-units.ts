import type { MachineId, UnitHash, UnitName } from "@fleet/core";

/** What a work list entry is to a move of its unit. */
export type MoveRole =
  /** The unit moved away: it is left as it is (`launched`) or stopped (`loaded`) until the engine removes it. */
  | { readonly kind: "leaving" }
  /** It is loaded and not started yet; `waitsFor` says, for people, what has to end first. */
  | { readonly kind: "arriving"; readonly waitsFor: string };

/**
 * A unit that was moved off a machine and may still run there. `keep`: until it is active where it
 * was moved to. `stop`: it is being stopped.
 */
export interface LeavingUnit {
  readonly unit: UnitName;
  readonly machine: MachineId;
  /** The version that runs there. */
  readonly hash: UnitHash;
  readonly step: "keep" | "stop";
}
