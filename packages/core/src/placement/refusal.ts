import { unreachable } from "../assert.ts";
import type { MachineId } from "../machine.ts";
import type { UnitName } from "../unit/unit-name.ts";

/** Why a machine may not run a unit: one member per rule, with the facts that decided it. */
export type Refusal =
  | { readonly rule: "machine-id"; readonly machine: MachineId; readonly wanted: string }
  | {
      readonly rule: "metadata";
      readonly key: string;
      readonly wanted: readonly string[];
      /** The machine's value; absent when it has no such key. */
      readonly found: string | undefined;
    }
  | { readonly rule: "peer"; readonly missing: string }
  | {
      readonly rule: "conflict";
      readonly with: UnitName;
      readonly pattern: string;
      /** Whose pattern it is: the refused unit's own, or the other's. */
      readonly declaredBy: "unit" | "other";
    }
  | {
      readonly rule: "replaces";
      readonly with: UnitName;
      readonly pattern: string;
      readonly why: ReplaceReason;
    };

/**
 * `replaced`: the other unit, already here, replaces this one. `immovable`: this unit replaces the
 * other, which is here and has nowhere else to go. `circular`: each replaces the other, and the
 * other was placed first.
 */
export type ReplaceReason = "replaced" | "immovable" | "circular";

/**
 * The sentence that logs, `fleetctl` and the API show for a refusal: fleet's own words where it
 * has them.
 */
export function explain(refusal: Refusal): string {
  switch (refusal.rule) {
    case "machine-id":
      return `agent ID "${refusal.machine}" does not match required "${refusal.wanted}"`;
    case "metadata":
      return "local Machine metadata insufficient";
    case "peer":
      return `required peer Unit(${refusal.missing}) is not scheduled locally`;
    case "conflict":
      return `found conflict with locally-scheduled Unit([${refusal.with}])`;
    case "replaces":
      return explainReplaces(refusal.with, refusal.why);
    default:
      return unreachable(refusal);
  }
}

function explainReplaces(other: UnitName, why: ReplaceReason): string {
  switch (why) {
    case "replaced":
      return `found replace with locally-scheduled Unit(${other})`;
    case "immovable":
      return `found replace with locally-scheduled Unit(${other}), which no other Machine is able to run`;
    case "circular":
      return `found circular replace with scheduled Unit(${other})`;
    default:
      return unreachable(why);
  }
}
