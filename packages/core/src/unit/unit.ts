import type { UnitName } from "./unit-name.ts";
import type { UnitHash } from "./unit-hash.ts";

/** What a person asked for. Only the API writes it. fleet's own words, also on the wire. */
export type TargetState = "inactive" | "loaded" | "launched";

const TARGET_STATES: readonly TargetState[] = ["inactive", "loaded", "launched"];

export function isTargetState(text: string): text is TargetState {
  return (TARGET_STATES as readonly string[]).includes(text);
}

/** A unit as the cluster wishes it: which version of which file, and how far to take it. */
export interface Unit {
  readonly name: UnitName;
  readonly hash: UnitHash;
  readonly targetState: TargetState;
}
